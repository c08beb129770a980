# The packages alone: all hosts install theirs at the same time.
{%- from "lab/database.jinja" import server %}
{%- set packages = {'database': server.package, 'messaging': 'rabbitmq-server', 'identity': 'keystone'} %}

{%- for role, package in packages | dictsort if role in pillar['glance']['roles'] %}

lab-packages-{{ package }}:
  pkg.installed:
    - name: {{ package }}
{%- endfor %}
