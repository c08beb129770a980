# db-node: the schema, the user and its grants. The server itself is another formula's.
{%- from "glance/map.jinja" import settings with context %}
{%- set database = settings.database %}

glance-database-schema-present:
  openstack_database.schema_present:
    - name: {{ database.name | json }}
    - character_set: {{ database.character_set | json }}
    - collation: {{ database.collation | json }}
    - profile: {{ database.profile | json }}

glance-database-user-present:
  openstack_database.user_present:
    - name: {{ database.user | json }}
    - hosts: {{ database.allowed_hosts | json }}
    - password_pillar: glance:database:password
    - profile: {{ database.profile | json }}

glance-database-grants-present:
  openstack_database.grants_present:
    - name: {{ database.user | json }}
    - schema: {{ database.name | json }}
    - hosts: {{ database.allowed_hosts | json }}
    - privileges: {{ database.privileges | json }}
    - profile: {{ database.profile | json }}
    - require:
      - openstack_database: glance-database-schema-present
      - openstack_database: glance-database-user-present
