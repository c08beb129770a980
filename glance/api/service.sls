# Enabled, running, restarted when its package or configuration changed, and answering a request with a token: a unit
# that is active and a healthcheck of 200 say nothing about the database or Keystone.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .config
  - .schema

{%- for service in settings.api.services %}

glance-api-service-{{ service }}-running:
  service.running:
    - name: {{ service }}
    - require:
      - sls: glance.api.schema
    - watch:
      - pkg: glance-api-package-installed
{%- for file in settings.api.files %}
      - openstack_config: glance-api-config-file-{{ file.name }}
{%- endfor %}
{%- for document in settings.api.documents if document.restart %}
      - file: glance-api-config-document-{{ document.name }}
{%- endfor %}
{%- for text in settings.api.texts %}
      - file: glance-api-config-text-{{ text.name }}
{%- endfor %}
    - require_in:
      - openstack_image: glance-api-service-answering

# Not by the state above: Salt does not restart a service for what it watches when it enables it.
glance-api-service-{{ service }}-enabled:
  service.enabled:
    - name: {{ service }}
    - require:
      - service: glance-api-service-{{ service }}-running
{%- endfor %}

glance-api-service-answering:
  openstack_image.answering:
    - name: {{ settings.api.url | json }}
    - profile: {{ settings.identity.service_profile | json }}
    - timeout: {{ settings.api.timeout }}
