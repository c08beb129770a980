# For people: openrc and clouds.yaml of the service's own user, and the command line clients.
include:
  - .python
  - .files
