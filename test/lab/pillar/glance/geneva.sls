# Geneva: one host that has every role.
{% import_yaml "lab_secrets.sls" as file %}
{% set secrets = file.lab_secrets.geneva %}
glance:
  site: geneva
  roles: [database, messaging, identity, api, client, images]
  database:
    host: geneva-node
    password: {{ secrets.database | json }}
  messaging:
    hosts: [geneva-node]
    password: {{ secrets.messaging | json }}
  identity:
    auth_url: http://geneva-node.example.org:5000
    password: {{ secrets.identity | json }}
    admin:
      username: admin
      password: {{ secrets.identity_admin | json }}
      project_name: admin
    endpoints:
      public: http://geneva-node.example.org:9292
      internal: http://geneva-node:9292
      admin: http://geneva-node:9292
  api:
    workers: 2
  images:
    tiny:
      source: salt://lab/files/tiny.qcow2
      source_hash: sha256=dd2b526d8ad2cf7f791a1e5e4006fb7158bacb07251f8fa8f7f78757b453040a
      disk_format: qcow2
      container_format: bare
      visibility: public

lab:
  keystone:
    database_host: geneva-node
    # hexadecimal: keystone-manage db_sync fails where the password holds a character that a URL must quote
    database_password: {{ secrets.keystone_database | sha256 | json }}
    url: http://geneva-node.example.org:5000
