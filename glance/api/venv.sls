# With glance:install: venv: Glance from PyPI in an environment of its own, and what the packages would have brought. With
# packages: nothing of that, where it was. Either way the service is down while one takes the place of the other.
{%- from "glance/map.jinja" import settings with context %}
{%- set venv, own = settings.api.venv, settings.api.own %}

{%- if venv %}

glance-api-venv-python:
  pkg.installed:
    - pkgs: {{ venv.packages | json }}

# made while the packages still serve
glance-api-venv-present:
  openstack_venv.present:
    - name: {{ venv.directory | json }}
    - requirements: {{ venv.requirements | json }}
    - extra: {{ venv.extra | json }}
    - python: {{ venv.python | json }}
    - index_pillar: {{ venv.index_pillar | json }}
    - proxy: {{ venv.proxy | json }}
    - timeout: {{ venv.timeout }}
    - require:
      - pkg: glance-api-venv-python

glance-api-venv-replaced:
  pkg.removed:
    - pkgs: {{ venv.replaces | json }}
    - require:
      - openstack_venv: glance-api-venv-present

glance-api-venv-user:
  user.present:
    - name: {{ venv.context.user }}
    - usergroup: true
    - system: true
    - home: {{ venv.home }}
    - shell: /usr/sbin/nologin
    - createhome: false
    - require:
      - pkg: glance-api-venv-replaced

{%- for directory in venv.directories %}

glance-api-venv-directory-{{ directory.name }}:
  file.directory:
    - name: {{ directory.name | json }}
    - user: {{ directory.user }}
    - group: {{ directory.group }}
    - mode: '{{ directory.mode }}'
    - require:
      - user: glance-api-venv-user
{%- endfor %}

glance-api-venv-metadefs:
  openstack_venv.files:
    - name: {{ settings.metadefs.directory | json }}
    - source: {{ venv.etc }}/metadefs
    - omit: {{ venv.own_metadefs | json }}
    - user: {{ venv.context.user }}
    - group: {{ venv.context.group }}
    - require:
      - openstack_venv: glance-api-venv-present
      - file: glance-api-venv-directory-{{ settings.metadefs.directory }}

{%- for file in own.files %}

glance-api-venv-{{ file.id }}:
  file.managed:
    - name: {{ file.name | json }}
    - source: salt://glance/files/{{ file.template }}
    - template: jinja
    - context: {{ venv.context | json }}
    - user: root
    - group: root
    - mode: '0644'
    - follow_symlinks: false    # a package that goes may leave a link to /dev/null
    - require:
      - user: glance-api-venv-user
{%- endfor %}
{%- else %}

{%- for file in own.files %}

glance-api-venv-{{ file.id }}:
  openstack_venv.unmarked:
    - name: {{ file.name }}
    - mark: {{ own.mark | json }}
    - service: {{ file.service | json }}
    - require_in:
      - openstack_venv: glance-api-venv-absent
{%- endfor %}

glance-api-venv-absent:
  openstack_venv.absent:
    - name: {{ settings.venv.directory | json }}
{%- endif %}

# in any other way systemd would take the unit that it knows
glance-api-venv-reload:
  module.run:
    - service.systemctl_reload: []
    - onchanges:
      - {{ 'file' if venv else 'openstack_venv' }}: glance-api-venv-unit
