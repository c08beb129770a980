# What all sites share.
glance:
  # the release that the lab's Debian suite carries
  release: {{ {'bookworm': 'zed', 'trixie': 'epoxy'}[grains['oscodename']] }}
  region: RegionOne
