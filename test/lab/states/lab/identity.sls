# Keystone, as a formula for it would install it: package, configuration, schema, keys, the first user.
{%- set keystone = pillar['lab']['keystone'] %}

lab-identity-installed:
  pkg.installed:
    - pkgs: [keystone]

lab-identity-config:
  openstack_config.present:
    - name: /etc/keystone/keystone.conf
    - options:
        DEFAULT:
          log_dir: /var/log/keystone
        database:
          connection: "mysql+pymysql://keystone:{pillar:lab:keystone:database_password|url}@{{ keystone.database_host }}/keystone"
        token:
          provider: fernet
    - user: root
    - group: keystone
    - mode: '0640'
    - require:
      - pkg: lab-identity-installed

# eight processes take 20 s to come up on a small machine
lab-identity-processes:
  file.replace:
    - name: /etc/keystone/keystone-uwsgi.ini
    - pattern: '^processes = .*$'
    - repl: processes = 2
    - require:
      - pkg: lab-identity-installed

lab-identity-schema:
  cmd.run:
    - name: keystone-manage db_sync
    - runas: keystone
    - unless: keystone-manage db_sync --check
    - require:
      - openstack_config: lab-identity-config

{%- for kind in ['fernet', 'credential'] %}

lab-identity-{{ kind }}-keys:
  cmd.run:
    - name: keystone-manage {{ kind }}_setup --keystone-user keystone --keystone-group keystone
    - creates: /etc/keystone/{{ kind }}-keys/0
    - require:
      - cmd: lab-identity-schema
    - require_in:
      - cmd: lab-identity-bootstrap
{%- endfor %}

# The password is on no command line, and not in this text either, which Salt keeps in its cache.
lab-identity-password:
  file.managed:
    - name: /run/keystone-password
    - source: salt://lab/files/keystone-password.jinja
    - template: jinja
    - mode: '0600'
    - show_changes: false
    - unless: test -e /var/lib/keystone/bootstrapped

lab-identity-bootstrap:
  cmd.run:
    - name: >-
        OS_BOOTSTRAP_PASSWORD="$(cat /run/keystone-password)"
        keystone-manage bootstrap --bootstrap-region-id RegionOne
        --bootstrap-admin-url {{ keystone.url }}/v3
        --bootstrap-internal-url {{ keystone.url }}/v3
        --bootstrap-public-url {{ keystone.url }}/v3
        && touch /var/lib/keystone/bootstrapped
        && rm /run/keystone-password
    - creates: /var/lib/keystone/bootstrapped
    - require:
      - cmd: lab-identity-schema
      - file: lab-identity-password

lab-identity-running:
  service.running:
    - name: keystone
    - enable: true
    - require:
      - cmd: lab-identity-bootstrap
    - watch:
      - openstack_config: lab-identity-config
      - file: lab-identity-processes

lab-identity-answering:
  http.wait_for_successful_query:
    - name: {{ keystone.url }}/v3
    - status: 200
    - wait_for: 120
    - request_interval: 1
    - require:
      - service: lab-identity-running
