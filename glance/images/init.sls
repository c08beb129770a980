# The catalogue: what images the site offers.
{%- from "glance/map.jinja" import settings with context %}

{%- for image in settings.images %}

{{ ('glance-images-' ~ image.name) | json }}:
  openstack_image.{{ image.function }}: {{ image.arguments | json }}
{%- else %}

glance-images-none:
  test.nop:
    - name: pillar glance:images is empty
{%- endfor %}

{%- for part in settings.catalogue %}

{{ ('glance-images-' ~ part.name) | json }}:
  openstack_image.{{ part.function }}: {{ part.arguments | json }}
{%- endfor %}
