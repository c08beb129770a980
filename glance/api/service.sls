# Enabled, running, restarted when its package or configuration changed, and answering a request with a token: a unit
# that is active and a healthcheck of 200 say nothing about the database or Keystone. With a configuration with which it
# does not answer, it goes on with the one that it had, and the state fails.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .config
  - .schema
  - .tls

glance-api-service-running:
  openstack_service.running:
    - name: {{ settings.api.services[0] }}
    - services: {{ settings.api.services | json }}
    - files: {{ settings.api.configuration.files | json }}
    - reread: {{ settings.api.configuration.reread | json }}
    - logs: {{ settings.api.configuration.logs | json }}
    - answers:
        openstack_image.answering:
          url: {{ settings.api.url | json }}
          profile: {{ settings.identity.service_profile | json }}
    - timeout: {{ settings.api.timeout }}
    - require:
      - sls: glance.api.schema
    - watch:
      - pkg: glance-api-package-installed
{%- if settings.api.venv %}
      - openstack_venv: glance-api-venv-present
      - file: glance-api-venv-unit
{%- endif %}
{%- for file in settings.api.files %}
      - openstack_config: glance-api-config-file-{{ file.name }}
{%- endfor %}
{%- for document in settings.api.documents if document.restart %}
      - file: glance-api-config-document-{{ document.name }}
{%- endfor %}
{%- for text in settings.api.texts %}
      - file: glance-api-config-text-{{ text.name }}
{%- endfor %}
