"""
Keystone and Glance of a given OpenStack release on this machine's loopback, from nothing: PyPI, a Python, MariaDB.

``lanes.py`` says which releases there are. ``python -m releases up pike`` starts one for people, ``site.running`` for
tests. Everything lives in one directory and ends with the process that started it.
"""
