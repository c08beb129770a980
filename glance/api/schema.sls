# The database schema of this release: only when `glance-manage db check` says so.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .config

glance-api-schema-synced:
  glance_manage.db_synced:
    - name: {{ settings.database.name | json }}
    - profile: {{ settings.database.own_profile | json }}
    - package: {{ settings.api.package | json }}
    - require:
      - sls: glance.api.config

{%- if settings.metadefs.load %}

glance-api-schema-metadefs:
  glance_manage.metadefs_loaded:
    - name: {{ settings.metadefs.directory }}
    - profile: {{ settings.database.own_profile | json }}
    - schema: {{ settings.database.name | json }}
    - update: {{ settings.metadefs['update'] }}  {#- .update is the method of a dictionary #}
    - require:
      - glance_manage: glance-api-schema-synced
{%- endif %}
