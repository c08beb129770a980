# db-node: the schema, the user and its grants. The server itself is another formula's.
{%- from "glance/map.jinja" import settings with context %}
{%- set database = settings.database %}

glance-database-schema-present:
  openstack_database.schema_present:
    - name: {{ database.name | json }}
    - character_set: {{ database.character_set | json }}
    - collation: {{ database.collation | json }}
    - profile: {{ database.profile | json }}
{%- for user in database.users %}

glance-database-{{ user.prefix }}user-present:
  openstack_database.user_present:
    - name: {{ user.name | json }}
    - hosts: {{ database.allowed_hosts | json }}
    - other_hosts: {{ database.other_hosts | json }}
    - password_pillar: {{ user.password_pillar | json }}
    - tls_requires: {{ database.tls_requires | default(none) | json }}
    - profile: {{ database.profile | json }}

glance-database-{{ user.prefix }}grants-present:
  openstack_database.grants_present:
    - name: {{ user.name | json }}
    - schema: {{ database.name | json }}
    - hosts: {{ database.allowed_hosts | json }}
    - privileges: {{ database.privileges | json }}
    - profile: {{ database.profile | json }}
    - require:
      - openstack_database: glance-database-schema-present
      - openstack_database: glance-database-{{ user.prefix }}user-present
{%- endfor %}
{%- for user in database.users_absent %}

glance-database-{{ user.prefix }}user-absent:
  openstack_database.user_absent:
    - name: {{ user.name | json }}
    - profile: {{ database.profile | json }}
{%- endfor %}
