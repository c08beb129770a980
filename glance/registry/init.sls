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

glance-registry-config-kept:
  openstack_service.kept:
    - name: {{ settings.registry.services[0] }}
    - files: {{ settings.registry.configuration.files | json }}
    - answers:
        openstack_service.responds:
          url: {{ settings.registry.url | json }}
    - require:
      - pkg: glance-registry-package-installed

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
      - openstack_service: glance-registry-config-kept
{%- endfor %}

glance-registry-service-running:
  openstack_service.running:
    - name: {{ settings.registry.services[0] }}
    - services: {{ settings.registry.services | json }}
    - files: {{ settings.registry.configuration.files | json }}
    - logs: {{ settings.registry.configuration.logs | json }}
    - answers:
        openstack_service.responds:
          url: {{ settings.registry.url | json }}
    - timeout: {{ settings.api.timeout }}
    - watch:
      - pkg: glance-registry-package-installed
{%- for file in settings.registry.files %}
      - openstack_config: glance-registry-config-file-{{ file.name }}
{%- endfor %}

{%- endif %}
