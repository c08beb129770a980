{%- from "glance/map.jinja" import settings with context %}
{%- set client = settings.client %}

glance-client-files-packages:
  pkg.installed:
    - pkgs: {{ client.packages | json }}

glance-client-files-openrc:
  file.managed:
    - name: {{ client.openrc | json }}
    - source: salt://glance/files/openrc.jinja
    - template: jinja
    - user: root
    - group: root
    - mode: '0600'
    - show_changes: false
    - context:
        profile: {{ settings.identity.service_profile | json }}

glance-client-files-cloud:
  openstack_clouds.present:
    - name: {{ client.cloud | json }}
    - path: {{ client.clouds | json }}
    - profile: {{ settings.identity.service_profile | json }}
