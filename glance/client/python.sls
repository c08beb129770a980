# The Python libraries of this formula's modules, in Salt's own Python. Needs none of them, nor a valid pillar. Asking
# pip costs a second, so it is asked only when something is missing.
{%- set missing = salt['glance_node.missing_libraries']() %}

{%- if missing %}

glance-client-python-installed:
  pip.installed:
    - pkgs: {{ missing | json }}
    - reload_modules: true

{%- else %}

glance-client-python-installed:
  test.nop:
    - name: Salt's Python has all libraries
{%- endif %}
