# Proof that a site works: the API answers, the catalogue is right, an image goes up, comes back and is removed.
{%- set site = salt['pillar.get']('glance:site', '') %}

glance-orchestrate-verify:
  glance_site.verified:
    - name: {{ site | json }}
