# image-node: package, configuration, database schema, service, TLS in front of it, timers, in this order.
include:
  - .package
  - .config
  - .schema
  - .service
  - .tls
  - .timers
