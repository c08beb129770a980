# Options come from pillar through glance_settings; secrets among them are references to pillar keys.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .package
  - .stores

# what it answers with now, before it is written over: see openstack_service.running
glance-api-config-kept:
  openstack_service.kept:
    - name: {{ settings.api.services[0] }}
    - files: {{ (settings.api.configuration.files + settings.api.configuration.reread) | json }}
    - answers:
        openstack_image.answering:
          url: {{ settings.api.url | json }}
          profile: {{ settings.identity.service_profile | json }}
    - require:
      - sls: glance.api.package
      - sls: glance.api.stores

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
      - sls: glance.api.stores
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
    - base: {{ file.base | default(none) | json }}
    - require:
      - sls: glance.api.package
      - sls: glance.api.stores
      - openstack_service: glance-api-config-kept
{%- endfor %}

{%- for document in settings.api.documents %}

glance-api-config-document-{{ document.name }}:
  file.serialize:
    - name: {{ document.name | json }}
    - dataset: {{ document.dataset | json }}
    - serializer: {{ document.serializer }}
    - merge_if_exists: {{ document.merge | json }}
    - user: {{ document.user }}
    - group: {{ document.group }}
    - mode: '{{ document.mode }}'
    - makedirs: true
    - require:
      - sls: glance.api.package
      - sls: glance.api.stores
      - openstack_service: glance-api-config-kept
{%- endfor %}

{%- for text in settings.api.texts %}

glance-api-config-text-{{ text.name }}:
  file.managed:
    - name: {{ text.name | json }}
    - contents: {{ text.contents | json }}
    - makedirs: true
    - user: {{ text.user }}
    - group: {{ text.group }}
    - mode: '{{ text.mode }}'
    - require:
      - sls: glance.api.package
      - sls: glance.api.stores
      - openstack_service: glance-api-config-kept
{%- endfor %}
