# image-node: package, configuration, database schema, service, in this order.
include:
  - .package
  - .config
  - .schema
  - .service
