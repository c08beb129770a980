# Options come from pillar through glance_settings; secrets among them are references to pillar keys.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .package

{%- for directory in settings.api.directories %}

glance-api-config-directory-{{ directory.name }}:
  file.directory:
    - name: {{ directory.name | json }}
    - user: {{ directory.user }}
    - group: {{ directory.group }}
    - mode: '{{ directory.mode }}'
    - makedirs: true
    - require:
      - sls: glance.api.package
{%- endfor %}

{%- for file in settings.api.files %}

glance-api-config-file-{{ file.name }}:
  openstack_config.present:
    - name: {{ file.name | json }}
    - options: {{ file.options | json }}
    - purge: {{ file.purge | json }}
    - user: {{ file.user }}
    - group: {{ file.group }}
    - mode: '{{ file.mode }}'
    - validate: {{ file.validate | json }}
    - require:
      - sls: glance.api.package
{%- endfor %}

{%- if settings.api.policy and settings.api.policy.rules %}

glance-api-config-policy:
  file.serialize:
    - name: {{ settings.api.policy.name | json }}
    - dataset: {{ settings.api.policy.rules | json }}
    - serializer: {{ settings.api.policy.serializer }}
    - merge_if_exists: {{ settings.api.policy.merge | json }}
    - user: {{ settings.api.policy.user }}
    - group: {{ settings.api.policy.group }}
    - mode: '{{ settings.api.policy.mode }}'
    - makedirs: true
    - require:
      - sls: glance.api.package
{%- endif %}
