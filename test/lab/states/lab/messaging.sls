# RabbitMQ, as a formula for it would install it.
lab-messaging-installed:
  pkg.installed:
    - name: rabbitmq-server

lab-messaging-running:
  service.running:
    - name: rabbitmq-server
    - enable: true
    - require:
      - pkg: lab-messaging-installed
