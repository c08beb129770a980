# What all sites share.
glance:
  # the release that the lab's Debian suite carries
  release: {{ {'bullseye': 'victoria', 'bookworm': 'zed', 'trixie': 'epoxy'}.get(grains['oscodename'], 'hibiscus') }}
  region: RegionOne
