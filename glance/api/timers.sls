# What has to be run from time to time: timers of systemd, and none of those that pillar does not ask for.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .config

{%- for timer in settings.api.timers %}
{%- set path = '/etc/systemd/system/' ~ timer.name %}
{%- if timer.calendar %}
{%- for kind, template in [('service', 'oneshot'), ('timer', 'timer')] %}

glance-api-timers-{{ timer.name }}-{{ kind }}:
  file.managed:
    - name: {{ path }}.{{ kind }}
    - source: salt://glance/files/{{ template }}.jinja
    - template: jinja
    - context: {{ timer | json }}
    - user: root
    - group: root
    - mode: '0644'
    - require:
      - sls: glance.api.config
{%- endfor %}

# systemd keeps the command of a service that a timer has loaded
glance-api-timers-{{ timer.name }}-reload:
  module.run:
    - service.systemctl_reload: []
    - onchanges:
      - file: glance-api-timers-{{ timer.name }}-service
      - file: glance-api-timers-{{ timer.name }}-timer

glance-api-timers-{{ timer.name }}-running:
  service.running:
    - name: {{ timer.name }}.timer
    - watch:
      - file: glance-api-timers-{{ timer.name }}-timer

glance-api-timers-{{ timer.name }}-enabled:
  service.enabled:
    - name: {{ timer.name }}.timer
    - require:
      - service: glance-api-timers-{{ timer.name }}-running
{%- else %}

glance-api-timers-{{ timer.name }}-dead:
  service.dead:
    - name: {{ timer.name }}.timer
    - enable: false
    - onlyif: test -f {{ path }}.timer
{%- for kind in ('timer', 'service') %}

glance-api-timers-{{ timer.name }}-{{ kind }}-absent:
  file.absent:
    - name: {{ path }}.{{ kind }}
    - require:
      - service: glance-api-timers-{{ timer.name }}-dead
{%- endfor %}
{%- endif %}
{%- endfor %}
