# The host that also keeps the catalogue. Salt merges mappings, but of two lists the later one wins, so all roles are here.
glance:
  roles: [api, client, images]
  images:
    tiny:
      source: http://auth-node:8000/tiny.qcow2
      source_hash: sha256=dd2b526d8ad2cf7f791a1e5e4006fb7158bacb07251f8fa8f7f78757b453040a
      disk_format: qcow2
      container_format: bare
      visibility: public
      properties:
        hw_disk_bus: virtio
