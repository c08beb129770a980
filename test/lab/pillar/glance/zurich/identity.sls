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
    database_password: {{ secrets.keystone_database | json }}
    url: http://auth-node.example.org:5000
