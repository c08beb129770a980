{%- from "glance/map.jinja" import settings with context %}

glance-api-package-installed:
  pkg.installed:
    - pkgs: {{ settings.api.packages | json }}
