# A web server with an image to download, in place of the mirrors that an operator has.
lab-sources-image:
  file.managed:
    - name: /srv/images/tiny.qcow2
    - source: salt://lab/files/tiny.qcow2
    - makedirs: true

lab-sources-unit:
  file.managed:
    - name: /etc/systemd/system/lab-sources.service
    - contents: |
        [Unit]
        Description=Images to download
        [Service]
        DynamicUser=yes
        ExecStart=/usr/bin/python3 -m http.server --directory /srv/images 8000
        [Install]
        WantedBy=multi-user.target

lab-sources-running:
  service.running:
    - name: lab-sources
    - enable: true
    - watch:
      - file: lab-sources-unit
