"""TLS in front of the API: on, a new certificate, one that somebody else renews, off; clients look all the while."""

import json
import time
import types

import authority
import pytest

from . import orchestration, override

pytestmark = pytest.mark.usefixtures("deployed")
HOST, NODE, CONF = "image-node.example.org", "image-node", "/etc/glance/glance-api.conf"
TRUSTED, PEM = "/usr/local/share/ca-certificates/lab-tls.crt", "/etc/glance-api-tls/certificate.pem"
ENDPOINTS = {"public": f"https://{HOST}:9292", "internal": f"https://{NODE}:9292", "admin": f"https://{NODE}:9292"}
CERTIFICATE, SERVICE = "glance-api-tls-certificate", "glance-api-service-running"
FILES = {"certificate_file": "/srv/tls/chain.pem", "key_file": "/srv/tls/key.pem"}
SIZE = 256 << 20


@pytest.fixture(scope="module")
def ca():
    return authority.Authority("Lab intermediate", authority.Authority("Lab root"))


@pytest.fixture(scope="module")
def front(servers, ca):
    """Endpoints in pillar are https, and whom the node trusts is the test's authority; all as before at the end."""
    pillar, node = override.Override(servers), servers.node(NODE)
    node.write(TRUSTED, ca.issuers)
    node.run("update-ca-certificates")

    def set_(**tls):
        given = {"identity": {"endpoints": ENDPOINTS}}
        api = {**given, "api": {"tls": {"enabled": True, **tls}}}
        pillar.merge({"auth-node": {"glance": given}, NODE: {"glance": api}})

    yield types.SimpleNamespace(set=set_, clear=pillar.clear)
    pillar.clear()
    for host, sls in (("auth-node", "glance.identity"), (NODE, "glance.api")):
        left = [each.comment for each in orchestration.apply(servers, host, sls).values() if each.result is False]
        assert not left, f"TLS could not be switched off: {left}"
    node.run("rm", "-rf", TRUSTED, "/srv/tls", "/tmp/lab-tls", "/root/lab-tls-token")
    node.run("update-ca-certificates", "--fresh")


@pytest.fixture(scope="module")
def first(ca):
    return pair(ca)


def pair(ca, *names, days=90):
    certificate, key = ca.issue(*(names or (HOST, NODE)), days=days)
    return {"certificate": certificate + ca.pem, "key": key}


def lines(text):
    """The lines of a key that are its own."""
    return [line for line in text.splitlines() if "-----" not in line]


def shown(salt, host=HOST):
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    done = salt.run("openstack_certificate.served", host, 9292, cafile=bundle, minion_tgt=NODE)
    assert isinstance(done.data, dict), done
    return done.data


def curl(lab, host, *arguments):
    done = lab.node(host).run("curl", "-sS", "--max-time", "20", *arguments, check=False)
    return done.stdout if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"


def failed(states):
    return {name: each.comment for name, each in states.items() if each.result is False}


def test_one_for_other_names_is_refused_before_anything_is_touched(lab, apply, front, ca):
    before = lab.node(NODE).read(CONF)
    front.set(**pair(ca, "db-node"))
    run = apply(NODE, "glance.api")
    assert "not for image-node.example.org, image-node" in run[CERTIFICATE].comment
    assert lab.node(NODE).read(CONF) == before
    assert "CURRENT" in curl(lab, NODE, f"http://{NODE}:9292/")


def test_on(apply, front, first):
    front.set(**first)
    planned, run = apply(NODE, "glance.api", test=True), apply(NODE, "glance.api")
    assert not failed(planned)
    assert not failed(run), run
    for name in (CERTIFICATE, f"glance-api-config-file-{CONF}", "glance-api-tls-served"):
        assert run[name].changes == planned[name].changes
    assert run[CERTIFICATE].changes["subject"] == {"old": None, "new": f"CN={HOST}"}
    assert not [line for line in lines(first["key"]) if line in str(run)]
    assert not failed(apply("auth-node", "glance.identity"))
    left = orchestration.changes(apply(NODE, "glance.api"))
    assert not left, f"there is still something to do: {left}"


def test_what_clients_see(lab, salt):
    found = shown(salt)
    assert (found["error"], found["names"]) == (None, [HOST, NODE])
    versions = json.loads(curl(lab, NODE, f"https://{HOST}:9292/"))["versions"]
    assert all(each["links"][0]["href"].startswith(f"https://{HOST}:9292/") for each in versions)
    assert curl(lab, "auth-node", f"https://{HOST}:9292/").startswith("exit 60"), "who does not know the authority"
    for argument in (f"http://{HOST}:9292/", f"http://{HOST}:9293/"):
        assert curl(lab, "auth-node", argument).startswith("exit "), f"{argument} must not answer"
    assert curl(lab, NODE, "--tls-max", "1.1", f"https://{HOST}:9292/").startswith("exit ")
    assert curl(lab, NODE, f"https://{HOST}:9292/healthcheck").strip() == "OK"
    assert lab.node(NODE).run("stat", "-c", "%a %U", PEM).stdout.split() == ["600", "root"]


def test_the_proof_goes_through_it(salt_run):
    done = salt_run.run("glance.verify", site="zurich")
    assert done.returncode == 0, done
    for words in (f"TLS for {HOST}", "accepted with /etc/ssl/certs/ca-certificates.crt", ENDPOINTS["internal"]):
        assert words in done.stdout, f"{words} is not in what glance.verify tells: {done.stdout}"


def test_a_download_goes_on_while_the_certificate_is_replaced(lab, apply, salt, front, ca):
    node, url, token = lab.node(NODE), f"https://{HOST}:9292/v2/images", "/root/lab-tls-token"
    issue = ". /root/glance-openrc; umask 077; echo X-Auth-Token: $(openstack token issue -f value -c id)"
    node.run("sh", "-c", f"{issue} > {token}; mkdir -p /tmp/lab-tls; head -c {SIZE} /dev/urandom > /tmp/lab-tls/a")
    said = ["-H", f"@{token}", "-H", "Content-Type: application/json", "-d"]
    image = json.loads(curl(lab, NODE, *said, '{"name":"t","disk_format":"raw","container_format":"bare"}', url))["id"]
    data = ["-H", "Content-Type: application/octet-stream", "-T", "/tmp/lab-tls/a", f"{url}/{image}/file"]
    assert curl(lab, NODE, "-H", f"@{token}", *data) == ""
    slow = ["curl", "-sSf", "--limit-rate", "12M", "-H", f"@{token}", "-o", "/tmp/lab-tls/b", f"{url}/{image}/file"]
    node.run("systemd-run", "--unit=lab-tls-download", "--property=RemainAfterExit=yes", *slow)
    other, before = pair(ca, HOST, NODE, "glance.example.org", days=20), shown(salt)["fingerprint"]
    front.set(**other)
    run = apply(NODE, "glance.api")
    assert not failed(run)
    assert set(run[CERTIFICATE].changes) == {"not_after", "fingerprint", "names"}
    assert run[SERVICE].changes == {}
    assert before != shown(salt)["fingerprint"] == run[CERTIFICATE].changes["fingerprint"]["new"]
    assert state_of(node, "lab-tls-download")["SubState"] == "running", "the download was over too early to prove it"
    end = time.monotonic() + 60
    while state_of(node, "lab-tls-download")["SubState"] == "running" and time.monotonic() < end:
        time.sleep(1)
    node.run("cmp", "/tmp/lab-tls/a", "/tmp/lab-tls/b")
    node.run("systemctl", "stop", "lab-tls-download")
    assert curl(lab, NODE, "-H", f"@{token}", "-X", "DELETE", f"{url}/{image}") == ""


def state_of(node, unit):
    found = node.run("systemctl", "show", "--property=SubState,ActiveState", unit).stdout
    return dict(line.split("=") for line in found.splitlines())


def test_files_that_somebody_else_renews(lab, apply, salt, front, ca):
    node, old, new = lab.node(NODE), pair(ca), pair(ca)
    write(node, old)
    front.set(**FILES)
    run = apply(NODE, "glance.api")
    assert not failed(run)
    before = shown(salt)["fingerprint"]
    assert before == run[CERTIFICATE].changes["fingerprint"]["new"]
    write(node, new)
    end = time.monotonic() + 20
    while shown(salt)["fingerprint"] == before and time.monotonic() < end:
        time.sleep(1)
    found = shown(salt)
    assert (found["fingerprint"] != before, found["error"]) == (True, None), node.run(
        "journalctl", "-u", "glance-api-tls-renew", "-n", "20"
    ).stdout
    left = orchestration.changes(apply(NODE, "glance.api"))
    assert not left, f"what was renewed without Salt is something to do: {left}"


def write(node, given):
    """As who renews does: first the one, then the other."""
    for key, path in FILES.items():
        node.write(path, given[key.removesuffix("_file")], mode="0600")


def test_off(lab, apply, front):
    front.clear()
    assert not failed(apply("auth-node", "glance.identity"))
    run = apply(NODE, "glance.api")
    assert not failed(run)
    assert "CURRENT" in curl(lab, "auth-node", f"http://{HOST}:9292/")
    there = lab.node(NODE).run("find", "/etc", "-name", "*glance-api-tls*").stdout
    assert not there, f"TLS is off, and this is left: {there}"
    left = orchestration.changes(apply(NODE, "glance.api"))
    assert not left, f"there is still something to do: {left}"
