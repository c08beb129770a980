# The roles that this minion's pillar names, in the order in which one needs the other.
{%- from "glance/map.jinja" import settings with context %}

{%- if settings.roles %}

include:
{%- for role in settings.roles %}
  - glance.{{ role }}
{%- endfor %}

{%- else %}

glance-no-role:
  test.nop:
    - name: pillar glance:roles names no role for this minion

{%- endif %}
