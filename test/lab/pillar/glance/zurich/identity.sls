{% import_yaml "lab_secrets.sls" as file %}
{% set secrets = file.lab_secrets.zurich %}
glance:
  roles: [identity]
  identity:
    password: {{ secrets.identity | json }}
    admin:
      username: admin
      password: {{ secrets.identity_admin | json }}
      project_name: admin

lab:
  keystone:
    database_host: db-node
    # hexadecimal: keystone-manage db_sync fails where the password holds a character that a URL must quote
    database_password: {{ secrets.keystone_database | sha256 | json }}
    url: http://auth-node.example.org:5000
