# MariaDB or MySQL, as a formula for it would install it, and the schema of Keystone.
{%- from "lab/database.jinja" import server %}

lab-database-installed:
  pkg.installed:
    - name: {{ server.package }}

lab-database-config:
  file.managed:
    - name: {{ server.config }}
    - contents: |
        [{{ server.section }}]
        bind-address = 0.0.0.0
        skip-name-resolve
    - require:
      - pkg: lab-database-installed

lab-database-running:
  service.running:
    - name: {{ server.unit }}
    - enable: true
    - watch:
      - file: lab-database-config

lab-database-keystone-schema:
  openstack_database.schema_present:
    - name: keystone
    - profile: &profile {user: root, unix_socket: /run/mysqld/mysqld.sock}
    - require:
      - service: lab-database-running

lab-database-keystone-user:
  openstack_database.user_present:
    - name: keystone
    - hosts: ['%', localhost]
    - password_pillar: lab:keystone:database_password
    - profile: *profile
    - require:
      - openstack_database: lab-database-keystone-schema

lab-database-keystone-grants:
  openstack_database.grants_present:
    - name: keystone
    - schema: keystone
    - hosts: ['%', localhost]
    - privileges: [ALL PRIVILEGES]
    - profile: *profile
    - require:
      - openstack_database: lab-database-keystone-user
