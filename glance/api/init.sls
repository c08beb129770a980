# image-node: package, configuration, database schema, service, timers, in this order.
include:
  - .package
  - .config
  - .schema
  - .service
  - .timers
