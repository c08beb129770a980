# db-node: the vhost, the user and its permissions, policies. The broker itself is another formula's.
{%- from "glance/map.jinja" import settings with context %}
{%- set messaging = settings.messaging %}

glance-messaging-vhost-present:
  openstack_messaging.vhost_present:
    - name: {{ messaging.vhost | json }}
    - default_queue_type: {{ messaging.default_queue_type | default(none) | json }}

glance-messaging-user-present:
  openstack_messaging.user_present:
    - name: {{ messaging.user | json }}
    - password_pillar: glance:messaging:password

glance-messaging-permissions-present:
  openstack_messaging.permissions_present:
    - name: {{ messaging.user | json }}
    - vhost: {{ messaging.vhost | json }}
    - require:
      - openstack_messaging: glance-messaging-vhost-present
      - openstack_messaging: glance-messaging-user-present

{%- for name, policy in messaging.policies | dictsort %}

glance-messaging-policy-{{ name }}-present:
  openstack_messaging.policy_present:
    - name: {{ name | json }}
    - vhost: {{ messaging.vhost | json }}
    - pattern: {{ policy.pattern | json }}
    - definition: {{ policy.definition | json }}
    - apply_to: {{ policy.apply_to | json }}
    - priority: {{ policy.priority }}
    - require:
      - openstack_messaging: glance-messaging-vhost-present
{%- endfor %}
