# auth-node: who Glance is in Keystone, and where clients find it. Keystone itself is another formula's.
{%- from "glance/map.jinja" import settings with context %}
{%- set identity = settings.identity %}
{%- set profile = identity.admin_profile %}

glance-identity-project-present:
  openstack_identity.project_present:
    - name: {{ identity.project | json }}
    - domain: {{ identity.domain | json }}
    - profile: {{ profile | json }}

glance-identity-user-present:
  openstack_identity.user_present:
    - name: {{ identity.user | json }}
    - domain: {{ identity.domain | json }}
    - password_pillar: glance:identity:password
    - profile: {{ profile | json }}

{%- for role in identity.roles %}

glance-identity-role-{{ role }}-present:
  openstack_identity.role_present:
    - name: {{ role | json }}
    - profile: {{ profile | json }}
    - require_in:
      - openstack_identity: glance-identity-assignment-present
{%- endfor %}

glance-identity-assignment-present:
  openstack_identity.assignment_present:
    - name: {{ identity.user | json }}
    - user_domain: {{ identity.domain | json }}
    - project: {{ identity.project | json }}
    - project_domain: {{ identity.domain | json }}
    - roles: {{ identity.roles | json }}
    - profile: {{ profile | json }}
    - require:
      - openstack_identity: glance-identity-project-present
      - openstack_identity: glance-identity-user-present

{#- in Identity v2.0 a region is only a word in an endpoint #}
{%- if identity.identity_api_version != 2 %}

glance-identity-region-present:
  openstack_identity.region_present:
    - name: {{ settings.region | json }}
    - profile: {{ profile | json }}
    - require_in:
      {%- for interface in identity.endpoints %}
      - openstack_identity: glance-identity-endpoint-{{ interface }}-present
      {%- endfor %}
{%- endif %}

glance-identity-service-present:
  openstack_identity.service_present:
    - name: {{ identity.service.name | json }}
    - type: {{ identity.service.type | json }}
    - description: {{ identity.service.description | json }}
    - profile: {{ profile | json }}

{%- for interface, url in identity.endpoints.items() %}

glance-identity-endpoint-{{ interface }}-present:
  openstack_identity.endpoint_present:
    - name: {{ identity.service.name | json }}
    - type: {{ identity.service.type | json }}
    - interface: {{ interface }}
    - url: {{ url | json }}
    - region: {{ settings.region | json }}
    - profile: {{ profile | json }}
    - require:
      - openstack_identity: glance-identity-service-present
{%- endfor %}

{%- if identity.limits %}

glance-identity-reader-present:
  openstack_identity.role_present:
    - name: reader
    - profile: {{ profile | json }}

glance-identity-system-assignment-present:
  openstack_identity.assignment_present:
    - name: {{ identity.user | json }}
    - user_domain: {{ identity.domain | json }}
    - system: true
    - roles: [reader]
    - profile: {{ profile | json }}
    - require:
      - openstack_identity: glance-identity-user-present
      - openstack_identity: glance-identity-reader-present
{%- endif %}

{%- for resource, limit in identity.limits | dictsort %}

glance-identity-limit-{{ resource }}-present:
  openstack_identity.registered_limit_present:
    - name: {{ resource }}
    - service: {{ identity.service.name | json }}
    - type: {{ identity.service.type | json }}
    - region: {{ settings.region | json }}
    - limit: {{ limit }}
    - profile: {{ profile | json }}
    - require:
      - openstack_identity: glance-identity-region-present
      - openstack_identity: glance-identity-service-present
{%- endfor %}
