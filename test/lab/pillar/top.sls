# One site a set of files: what all its minions may know, and one file for each role with that role's secrets.
base:
  'db-node or auth-node or image-node*':
    - match: compound
    - glance.common
    - glance.zurich
  db-node:
    - glance.zurich.database
  auth-node:
    - glance.zurich.identity
  'image-node*':
    - glance.zurich.api
  image-node:
    - glance.zurich.images
  geneva-node:
    - glance.common
    - glance.geneva
  # what is changed for a while, as tests do: /srv/pillar/override.sls on the master, see test/integration/lab/override.py
  '*':
    - ignore_missing: true
    - override
