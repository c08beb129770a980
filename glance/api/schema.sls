# The database schema of this release: only when `glance-manage db check` says so.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .config

glance-api-schema-synced:
  glance_manage.db_synced:
    - name: {{ settings.database.name | json }}
    - profile: {{ settings.database.own_profile | json }}
    - package: {{ settings.api.packages[0] }}
    - require:
      - sls: glance.api.config
