{% import_yaml "lab_secrets.sls" as file %}
{% set secrets = file.lab_secrets.zurich %}
glance:
  roles: [api, client]
  database:
    password: {{ secrets.database | json }}
  messaging:
    password: {{ secrets.messaging | json }}
  identity:
    password: {{ secrets.identity | json }}
  api:
    workers: 2
