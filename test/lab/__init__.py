"""The lab: whole sites of real machines (systemd-nspawn containers) on one host.

settings      where things are, which Debian suites there are
topology      which nodes a lab has, from the options of `./lab up`
check         what this host lacks        prerequisites  getting it from Debian
sources       the host's apt archives, for another suite
base          the read-only root that all nodes of a suite share
keeper        the process that owns one running lab, made of:
  network       bridge, wires, failures of them
  proxy         the only way out: a caching package proxy
  node          one machine: boot, power loss, reboot
  provision     the files in which nodes differ
lifecycle     start a keeper, find out whether it lives, remove what a dead one left
client        what tests and commands use to work in a running lab
deploy        the steps of `./lab demo` and `./lab test`, as data
suite         running the test suite in a lab       venv  what it runs with       plugin  what pytest gets
cli           the commands
"""
