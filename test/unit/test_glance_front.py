"""TLS in front of the API: what pillar may say, what each release gets, what is asked of a host."""

import pathlib
import re

import glance_front
import glance_front_rows
import glance_releases
import glance_report
import glance_schema
import openstack_errors
import pytest
import yaml

from unit.test_glance_settings import CODENAMES, RELEASES, REPO, SCHEMA, SYSTEM, changed, options, problems

PAGE = (pathlib.Path(REPO) / "docs" / "tls.rst").read_text(encoding="utf-8")
PILLARS = [yaml.safe_load(each)["glance"] for each in re.findall(r"code-block:: yaml\n\n((?:    .*\n|\n)+)", PAGE)]
ENDPOINTS = {"public": "https://glance.example.org:9292", "internal": "https://image-node:9292"}
ON = {"api:tls:enabled": True, "api:tls:certificate": "c", "api:tls:key": "k", "identity:endpoints": ENDPOINTS}
FILES = {"api:tls:certificate_file": "/srv/a/c.pem", "api:tls:key_file": "/srv/b/k.pem"}
IN_FILES = {**ON, **FILES, "api:tls:certificate": None, "api:tls:key": None}


def front(changes=ON, node="image-node.example.org"):
    return glance_front.settings_of(glance_schema.complete(SCHEMA, changed(changes)), SYSTEM, node, [])


def flat(pillar, key=""):
    """``{"a:b": value}`` of ``{"a": {"b": value}}``."""
    if not isinstance(pillar, dict):
        return {key: pillar}
    return {
        name: value for part, child in pillar.items() for name, value in flat(child, f"{key}:{part}".strip(":")).items()
    }


@pytest.mark.parametrize("changes", [{}, ON, IN_FILES, *map(flat, PILLARS)])
def test_a_pillar_that_will_do(changes):
    assert problems(changes) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api:tls:key": None}, "glance:api:tls needs certificate and key, or certificate_file and key_file"),
        ({"api:tls:key": None, "api:tls:certificate": None}, "found none"),
        (FILES, "found certificate, key, certificate_file, key_file"),
        ({"api:tls:certificate_file": "/x", "api:tls:key_file": "/x"}, "are one file"),
        ({**IN_FILES, "api:tls:key_file": "/etc/glance-api-tls/k.pem"}, "have the files renewed elsewhere"),
        ({"api:tls:backend_port": 9292}, "glance:api:tls:backend_port is glance:api:bind_port"),
        ({"api:tls:min_version": "TLSv1.1"}, "glance:api:tls:min_version must be one of TLSv1.2, TLSv1.3"),
        ({"api:tls:ciphers": "a; b"}, "glance:api:tls:ciphers must be a list of ciphers"),
        ({"api:config": {"DEFAULT": {"bind_port": 1}}}, "glance:api:config:DEFAULT:bind_port does not go with"),
        ({"api:uwsgi": {"http-socket": ":9"}}, "glance:api:uwsgi:http-socket does not go with"),
        ({"api:proxy_headers": False}, "glance:api:proxy_headers does not go with"),
        ({"identity:endpoints": {"public": "http://x"}}, "glance:identity:endpoints:public is http://x, but"),
        ({"api:public_endpoint": "http://x"}, "glance:api:public_endpoint is http://x, but"),
        ({"import:worker_url": "http://x"}, "glance:import:worker_url is http://x, but"),
        ({"identity:endpoints": {}}, "glance:api:tls:hosts is missing"),
    ],
)
def test_what_does_not_go_together(changes, words):
    found = problems({**ON, **changes})
    assert any(words in line for line in found), found
    assert len(found) == 1


def test_nothing_is_asked_of_a_key_that_is_off():
    assert problems({"api:tls:backend_port": 9292, "api:tls:key": "k"}) == []


@pytest.mark.parametrize("release", CODENAMES)
def test_glance_is_on_loopback_and_knows_of_it(release):
    plain = options(release, identity__endpoints=ENDPOINTS)
    found = options(release, **{key.replace(":", "__"): value for key, value in ON.items()})
    number = glance_releases.resolve(release, RELEASES)["glance"]
    changes = {
        (section, option): value
        for section, values in found.items()
        for option, value in values.items()
        if plain.get(section, {}).get(option) != value
    }
    expected = {("keystone_authtoken", "cafile"): "/etc/ssl/certs/ca-certificates.crt"}
    if number < 33:
        expected |= {("DEFAULT", "bind_host"): "127.0.0.1", ("DEFAULT", "bind_port"): "9293"}
    if ("DEFAULT", "worker_self_reference_url") in changes:
        expected |= {("DEFAULT", "worker_self_reference_url"): "https://image-node:9292"}
    if number >= 13:
        expected |= {("oslo_middleware", "enable_proxy_headers_parsing"): "true"}
    elif ("DEFAULT", "public_endpoint") in changes:
        expected |= {("DEFAULT", "public_endpoint"): ENDPOINTS["public"]}
    assert changes == {key: changes.get(key, value) for key, value in expected.items()}
    assert str(changes.get(("DEFAULT", "bind_port"), 9293)) == "9293"
    assert changes.get(("DEFAULT", "worker_self_reference_url"), "https://image-node:9292").startswith("https:")
    told = {("oslo_middleware", "enable_proxy_headers_parsing"), ("DEFAULT", "public_endpoint")} & changes.keys()
    assert len(told) == 1, f"nothing tells {release} that clients use https"


def test_what_is_asked_from_outside():
    found = front()
    assert found["hosts"] == ["glance.example.org", "image-node"]
    assert found["proof"] == ENDPOINTS["internal"]
    assert front(node="image-2")["proof"] is None
    assert front({**ON, "api:tls:hosts": ["a"]})["hosts"] == ["a"]
    assert front({})["proof"] is None


@pytest.mark.parametrize(
    ("host", "bind", "address"),
    [
        ("0.0.0.0", "0.0.0.0:9292", "127.0.0.1"),
        ("::", ":::9292 v4v6", "::1"),
        ("10.0.0.5", "10.0.0.5:9292", "10.0.0.5"),
        ("fd00::5", "[fd00::5]:9292", "fd00::5"),
    ],
)
def test_where_haproxy_listens(host, bind, address):
    found = front({**ON, "api:bind_host": host})
    assert (found["bind"], found["address"], found["backend"]) == (bind, address, "127.0.0.1:9293")


def test_where_the_certificate_is():
    pillar = {"certificate_pillar": "glance:api:tls:certificate", "key_pillar": "glance:api:tls:key"}
    assert (front()["source"], front()["renewed"]) == (pillar, False)
    files = {key.rsplit(":", 1)[1]: path for key, path in FILES.items()}
    found = front(IN_FILES)
    assert (found["source"], found["renewed"], found["folders"]) == (files, True, ["/srv/a", "/srv/b"])


def test_uwsgi_gets_another_command():
    settings = glance_schema.complete(SCHEMA, changed(ON))
    found = glance_front.server(settings, SYSTEM, "glance-api")
    assert found["name"] == front()["server"] == "/etc/systemd/system/glance-api.service.d/glance-api-tls.conf"
    start = "ExecStart=\nExecStart=/usr/bin/uwsgi --http-socket 127.0.0.1:9293 --ini /etc/glance/glance-api-uwsgi.ini"
    assert start in found["contents"]


def rows(which, salt, changes=ON):
    settings = glance_schema.complete(SCHEMA, changed(changes))
    settings["api"]["tls"] = front(changes)
    settings["identity"] |= {"service_profile": {"cacert": "/ca.pem"}}
    found = glance_report.Rows("image-node")
    which(found, settings, salt)
    return [(row["check"], row["result"], row["detail"]) for row in found]


def told(**more):
    return {"subject": "CN=x", "names": ["a", "b"], "days_left": 40, "protocol": "TLSv1.3", "error": None, **more}


def test_preflight_tells_days_and_names():
    salt = {"openstack_certificate.check": lambda **_: told()}
    assert rows(glance_front_rows.before, salt) == [("certificate", "ok", "CN=x for a, b, ends in 40 days")]
    salt = {"openstack_certificate.check": lambda **_: told(days_left=3)}
    assert rows(glance_front_rows.before, salt)[0][2].endswith("ends in 3 days: renew it")


def test_preflight_of_one_that_will_not_do():
    def check(**_):
        raise openstack_errors.Invalid("expired")

    assert rows(glance_front_rows.before, {"openstack_certificate.check": check})[0][1:] == ("failed", "expired")
    assert rows(glance_front_rows.before, {})[0][1] == "not checked"


def test_preflight_of_https_without_tls():
    found = rows(glance_front_rows.before, {}, {"identity:endpoints": ENDPOINTS})
    assert {(check, result) for check, result, _ in found} == {
        ("TLS of public endpoint", "not checked"),
        ("TLS of internal endpoint", "not checked"),
    }


def test_what_clients_see():
    asked = []

    def served(host, *where):
        asked.append((host, *where))
        return told(error="the certificate is not accepted" if host == "image-node" else None)

    found = rows(glance_front_rows.now, {"openstack_certificate.served": served})
    assert [each[1] for each in found] == ["ok", "failed"]
    assert asked[0] == ("glance.example.org", 9292, "127.0.0.1", "/ca.pem")
    assert rows(glance_front_rows.now, {}, {}) == []
