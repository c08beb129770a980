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
    # hexadecimal: keystone-manage db_sync fails where the password holds a character that a URL must quote
    database_password: {{ secrets.keystone_database | sha256 | json }}
