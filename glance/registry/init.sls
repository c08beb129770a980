# image-node, releases before Victoria: glance-registry, through which version 1 of the API reaches the database.
{%- from "glance/map.jinja" import settings with context %}

{%- if not settings.registry.services %}

glance-registry-none:
  test.nop:
    - name: {{ settings.release.codename }} has no glance-registry

{%- else %}

glance-registry-package-installed:
  pkg.installed:
    - pkgs: {{ settings.registry.packages | json }}

{%- for file in settings.registry.files %}

glance-registry-config-file-{{ file.name }}:
  openstack_config.present:
    - name: {{ file.name | json }}
    - options: {{ file.options | json }}
    - purge: {{ file.purge | json }}
    - user: {{ file.user }}
    - group: {{ file.group }}
    - mode: '{{ file.mode }}'
    - validate: {{ file.validate | json }}
    - require:
      - pkg: glance-registry-package-installed
{%- endfor %}

{%- for service in settings.registry.services %}

glance-registry-service-{{ service }}-running:
  service.running:
    - name: {{ service }}
    - watch:
      - pkg: glance-registry-package-installed
{%- for file in settings.registry.files %}
      - openstack_config: glance-registry-config-file-{{ file.name }}
{%- endfor %}

glance-registry-service-{{ service }}-enabled:
  service.enabled:
    - name: {{ service }}
    - require:
      - service: glance-registry-service-{{ service }}-running
{%- endfor %}

{%- endif %}
