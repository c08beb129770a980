# Before anything is written: what must be mounted is, and no store is taken away that has images.
{%- from "glance/map.jinja" import settings with context %}

include:
  - .package

{%- for path in settings.api.mountpoints %}

glance-api-stores-mounted-{{ path }}:
  glance_store.mounted:
    - name: {{ path | json }}
{%- endfor %}

glance-api-stores-kept:
  glance_store.kept:
    - name: {{ settings.api.files[0].name | json }}
    - backends: {{ settings.api.backends | json }}
    - give_up: {{ settings.stores.give_up | json }}
    - profile: {{ settings.database.own_profile | json }}
    - schema: {{ settings.database.name | json }}
    - require:
      - sls: glance.api.package
