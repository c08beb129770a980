# The packages alone: all hosts install theirs at the same time.
{%- set packages = {'database': 'mariadb-server', 'messaging': 'rabbitmq-server', 'identity': 'keystone'} %}

{%- for role, package in packages | dictsort if role in pillar['glance']['roles'] %}

lab-packages-{{ package }}:
  pkg.installed:
    - name: {{ package }}
{%- endfor %}
