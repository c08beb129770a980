{%- from "glance/map.jinja" import settings with context %}

include:
  - .venv

glance-api-package-installed:
  pkg.installed:
    - pkgs: {{ settings.api.packages | json }}
    - require:
      - sls: glance.api.venv
