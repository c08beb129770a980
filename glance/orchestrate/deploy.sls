# A site, from its servers to its images: salt-run state.orchestrate glance.orchestrate.deploy pillar='{"glance": {"site": "zurich"}}'
#
# Every step names its hosts one by one and stops the run when one of them fails, is down or does not answer.
# Under test=True each step shows what it would change, and nothing is touched; Salt ignores failhard then, so what
# must not be planned after a refusal requires the preflight.
{%- set site = salt['pillar.get']('glance:site', '') %}
{%- set hosts = salt['saltutil.runner']('glance.hosts', kwarg={'site': site, 'strict': False}) %}
{%- set first = hosts.get('api', [])[:1] %}
{%- set steps = [
  ('clients', 'glance.client.python', hosts.get('all', [])),
  ('database', 'glance.database', hosts.get('database', [])),
  ('messaging', 'glance.messaging', hosts.get('messaging', [])),
  ('identity', 'glance.identity', hosts.get('identity', [])),
  ('registry', 'glance.registry', hosts.get('registry', [])),
  ('api-first', 'glance.api', first),
  ('api', 'glance.api', hosts.get('api', [])[1:]),
  ('client', 'glance.client', hosts.get('client', [])),
  ('images', 'glance.images', hosts.get('images', [])),
] %}

glance-orchestrate-deploy-preflight:
  glance_site.preflight:
    - name: {{ site | json }}
    - failhard: true

{%- for step, sls, targets in steps if targets %}

glance-orchestrate-deploy-{{ step }}:
  salt.state:
    - tgt: {{ targets | json }}
    - tgt_type: list
    - sls: {{ sls }}
    - queue: true
    - failhard: true
    - require:
      - glance_site: glance-orchestrate-deploy-preflight
{%- if step == 'clients' %}

glance-orchestrate-deploy-credentials:
  glance_site.preflight:
    - name: {{ site | json }}
    - strict: true
    - failhard: true
{%- endif %}
{%- endfor %}

glance-orchestrate-deploy-verify:
  glance_site.verified:
    - name: {{ site | json }}
