# Zurich: three hosts. No secret in here.
glance:
  site: zurich
  database:
    host: db-node
  messaging:
    hosts: [db-node]
    notifications: messagingv2
  identity:
    auth_url: http://auth-node.example.org:5000
    endpoints:
      public: http://image-node.example.org:9292
      internal: http://image-node:9292
      admin: http://image-node:9292
