# What a site has before Glance comes: a database server, a message broker, Keystone.
{%- set sites = [('db-node', 'auth-node'), ('geneva-node', 'geneva-node')] %}
{%- set up = salt['saltutil.runner']('manage.up') %}

{%- for database, identity in sites if identity in up %}

lab-servers-database-{{ database }}:
  salt.state:
    - tgt: [{{ database }}]
    - tgt_type: list
    - sls: [lab.database, lab.messaging]
    - failhard: true

lab-servers-identity-{{ identity }}:
  salt.state:
    - tgt: [{{ identity }}]
    - tgt_type: list
    - sls: [lab.identity, lab.sources]
    - failhard: true
{%- endfor %}
