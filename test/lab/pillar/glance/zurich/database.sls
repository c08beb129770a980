{% import_yaml "lab_secrets.sls" as file %}
{% set secrets = file.lab_secrets.zurich %}
glance:
  roles: [database, messaging]
  database:
    password: {{ secrets.database | json }}
  messaging:
    password: {{ secrets.messaging | json }}

lab:
  keystone:
    database_password: {{ secrets.keystone_database | json }}
