# TLS in front of the API, or none. Two want one port: Glance leaves it before HAProxy comes, and HAProxy before Glance.
# What could be wrong with the certificate or with HAProxy is found before anything of Glance is touched.
{%- from "glance/map.jinja" import settings with context %}
{%- set tls = settings.api.tls %}
{%- set units = '/etc/systemd/system/' ~ tls.name %}

include:
  - .config
  - .service

{%- if tls.enabled %}

glance-api-tls-package:
  pkg.installed:
    - pkgs: {{ tls.packages | json }}

glance-api-tls-certificate:
  openstack_certificate.present:
    - name: {{ tls.pem }}
{%- for key, value in tls.source.items() %}
    - {{ key }}: {{ value | json }}
{%- endfor %}
    - hosts: {{ tls.hosts | json }}
    - warn_days: {{ tls.warn_days }}
    - makedirs: true
    - require_in:
      - openstack_service: glance-api-config-kept

glance-api-tls-config:
  file.managed:
    - name: {{ tls.config }}
    - source: salt://glance/files/haproxy.cfg.jinja
    - template: jinja
    - context: {tls: {{ tls | json }}}
    - user: root
    - group: root
    - mode: '0644'
    - check_cmd: /usr/sbin/haproxy -c -q -f
    - require:
      - pkg: glance-api-tls-package
      - openstack_certificate: glance-api-tls-certificate
    - require_in:
      - openstack_service: glance-api-config-kept

glance-api-tls-unit:
  file.managed:
    - name: {{ units }}.service
    - source: salt://glance/files/haproxy.service.jinja
    - template: jinja
    - context: {tls: {{ tls | json }}}
    - user: root
    - group: root
    - mode: '0644'
    - require_in:
      - openstack_service: glance-api-config-kept

glance-api-tls-running:
  service.running:
    - name: {{ tls.name }}
    - reload: true
    - require:
      - openstack_service: glance-api-service-running
    - watch:
      - openstack_certificate: glance-api-tls-certificate
      - file: glance-api-tls-config
      - file: glance-api-tls-unit

glance-api-tls-enabled:
  service.enabled:
    - name: {{ tls.name }}
    - require:
      - service: glance-api-tls-running

glance-api-tls-served:
  openstack_certificate.served:
    - name: {{ tls.pem }}
    - service: {{ tls.name }}
    - host: {{ tls.hosts[0] | json }}
    - port: {{ tls.port }}
    - address: {{ tls.address | json }}
    - require:
      - service: glance-api-tls-running

{%- else %}

glance-api-tls-dead:
  service.dead:
    - name: {{ tls.name }}
    - enable: false
    - onlyif: test -f {{ units }}.service
    - require:
      - sls: glance.api.config
      - sls: glance.api.schema
    - require_in:
      - openstack_service: glance-api-service-running

# Glance went back to what it had, which is behind HAProxy
glance-api-tls-again:
  service.running:
    - name: {{ tls.name }}
    - enable: true
    - onlyif: test -f {{ units }}.service
    - onfail:
      - openstack_service: glance-api-service-running

{%- for path in (units ~ '.service', tls.directory) %}

glance-api-tls-absent-{{ path }}:
  file.absent:
    - name: {{ path }}
    - require:
      - service: glance-api-tls-dead
      - openstack_service: glance-api-service-running
{%- endfor %}

{%- endif %}

{%- if not tls.has_server %}

glance-api-tls-server-absent:
  file.absent:
    - name: {{ tls.server }}
    - require:
      - openstack_service: glance-api-config-kept
    - watch_in:
      - openstack_service: glance-api-service-running
{%- endif %}

{%- if tls.renewed %}

glance-api-tls-renew:
  file.managed:
    - name: {{ tls.directory }}/renew
    - source: salt://glance/files/renew.jinja
    - template: jinja
    - context: {tls: {{ tls | json }}}
    - user: root
    - group: root
    - mode: '0700'
    - require:
      - openstack_certificate: glance-api-tls-certificate

glance-api-tls-renew-service:
  file.managed:
    - name: {{ units }}-renew.service
    - source: salt://glance/files/oneshot.jinja
    - template: jinja
    - context:
        description: A renewed certificate for {{ tls.name }}
        user: root
        command: {{ tls.directory }}/renew
    - user: root
    - group: root
    - mode: '0644'

glance-api-tls-renew-path:
  file.managed:
    - name: {{ units }}-renew.path
    - source: salt://glance/files/path.jinja
    - template: jinja
    - context:
        description: Somebody renews the certificate of {{ tls.name }}
        paths: {{ tls.folders | json }}
    - user: root
    - group: root
    - mode: '0644'
    - require:
      - file: glance-api-tls-renew
      - file: glance-api-tls-renew-service
      - service: glance-api-tls-running

glance-api-tls-renew-running:
  service.running:
    - name: {{ tls.name }}-renew.path
    - watch:
      - file: glance-api-tls-renew-path

glance-api-tls-renew-enabled:
  service.enabled:
    - name: {{ tls.name }}-renew.path
    - require:
      - service: glance-api-tls-renew-running

{%- else %}

glance-api-tls-renew-dead:
  service.dead:
    - name: {{ tls.name }}-renew.path
    - enable: false
    - onlyif: test -f {{ units }}-renew.path
{%- for path in (units ~ '-renew.path', units ~ '-renew.service', tls.directory ~ '/renew') %}

glance-api-tls-renew-absent-{{ path }}:
  file.absent:
    - name: {{ path }}
    - require:
      - service: glance-api-tls-renew-dead
{%- endfor %}
{%- endif %}
