# What a site has before Glance comes: a database server, a message broker, Keystone.
{%- set up = salt['saltutil.runner']('manage.up') %}
{%- set databases = ['db-node', 'geneva-node'] | select('in', up) | list %}
{%- set identities = ['auth-node', 'geneva-node'] | select('in', up) | list %}
{%- set steps = [
  ('packages', (databases + identities) | unique, ['lab.packages']),
  ('databases', databases, ['lab.database', 'lab.messaging']),
  ('identities', identities, ['lab.identity', 'lab.sources']),
] %}

{%- for step, targets, sls in steps %}

lab-servers-{{ step }}:
  salt.state:
    - tgt: {{ targets | list | json }}
    - tgt_type: list
    - sls: {{ sls | json }}
    - failhard: true
{%- endfor %}
