"""Every SLS, rendered with pillar.example: what comes out is something that Salt can run, and holds no secret."""

import copy
import importlib
import inspect
import json
import pathlib
import subprocess

import pytest
import salt.loader
import yaml
from salt.state import STATE_INTERNAL_KEYWORDS

REPO = pathlib.Path(__file__).resolve().parents[2]
PILLAR = yaml.safe_load((REPO / "pillar.example").read_text(encoding="utf-8"))
SCHEMA = yaml.safe_load((REPO / "glance" / "schema.yaml").read_text(encoding="utf-8"))
ROLES = SCHEMA["properties"]["roles"]["items"]["enum"]
SLS = [
    ".".join(path.relative_to(REPO).with_suffix("").parts).removesuffix(".init")
    for path in sorted((REPO / "glance").rglob("*.sls"))
    if path.parent.name != "orchestrate"  # these are rendered on a master
]
RELEASE = ["icehouse", "queens", "victoria", "epoxy", "hibiscus"]  # each has other files, options or packages
SECRET = "change-me"
OWN = {path.stem for path in (REPO / "_states").glob("*.py")}
FILES = {"pip": "pip_state"}  # state modules of Salt whose file has another name
FAMILIES = {"Debian": {"os": "Debian", "oscodename": "trixie"}, "RedHat": {"os": "CentOS Stream", "oscodename": "9"}}


@pytest.fixture(scope="module")
def low(loaders):
    """The states of an SLS: ``low("glance.api", pillar, family)``; each is rendered once."""
    before, known = dict(loaders.opts["grains"]), {}

    def render(sls, pillar=PILLAR, family="Debian"):
        key = (sls, json.dumps(pillar), family)
        if key not in known:
            loaders.opts["grains"].update(FAMILIES[family], os_family=family)
            known[key] = loaders.modules.state.show_low_sls(sls, pillar=copy.deepcopy(pillar))
        assert all(isinstance(chunk, dict) for chunk in known[key]), f"{sls} does not render: {known[key]}"
        return known[key]

    yield render
    loaders.opts["grains"].clear()
    loaders.opts["grains"].update(before)


@pytest.fixture(scope="module")
def signature(loaders):
    """What a state function takes: ``signature("openstack_config", "present")``."""

    loaded = salt.loader.states(loaders.opts, loaders.modules, loaders.utils, loaders.serializers)

    def of(module, function):
        if module in OWN:
            return inspect.signature(loaded[f"{module}.{function}"])
        there = importlib.import_module(f"salt.states.{FILES.get(module, module)}")  # whatever it says of this machine
        return inspect.signature(getattr(there, function))

    return of


def with_release(name):
    """The example without what only some releases have."""
    pillar = copy.deepcopy(PILLAR)
    settings = pillar["glance"]
    settings["release"] = name
    for key in ("import", "stores"):
        settings.pop(key)
    settings["api"] = {key: settings["api"][key] for key in ("workers", "policy", "logging")}
    for key in ("memcached_tls", "authtoken", "limits"):
        settings["identity"].pop(key)
    for key in ("quorum_queues", "transient_quorum_queues"):
        settings["messaging"].pop(key)
    return pillar


def with_venv():
    """The newest release from a virtual environment."""
    pillar = with_release("hibiscus")
    pillar["glance"] |= {"install": "venv", "venv": {"index_url": f"https://user:{SECRET}@index.example.org/simple"}}
    return pillar


def with_tls(enabled, release="epoxy", files=False):
    """The same, with TLS in front of the API or without."""
    pillar = with_release(release)
    endpoints = pillar["glance"]["identity"]["endpoints"]
    pillar["glance"]["identity"]["endpoints"] = {key: url.replace("http:", "https:") for key, url in endpoints.items()}
    named = {"certificate_file": "/srv/c.pem", "key_file": "/srv/k.pem"}
    pillar["glance"]["api"]["tls"] = {
        "enabled": enabled,
        **(named if files else {"certificate": SECRET, "key": SECRET}),
    }
    return pillar


def needed(chunks, name):
    """The states that come before one, by what it requires or watches and what says so from its side."""
    found, left = set(), [name]
    while left:
        more = _before(chunks, left.pop())
        left += more - found
        found |= more
    assert name not in found, f"{name} needs itself"
    return found


def _before(chunks, name):
    """The states that come right before one."""
    found, sls = set(), next(each["__sls__"] for each in chunks if each["__id__"] == name)
    for chunk in chunks:
        if chunk["__id__"] == name:
            for kind, target in _named(chunk, ("require", "watch", "onfail")):
                found |= {each["__id__"] for each in chunks if each["__sls__"] == target} if kind == "sls" else {target}
        elif {name, sls} & {target for _, target in _named(chunk, ("require_in", "watch_in"))}:
            found.add(chunk["__id__"])
    return found


def _named(chunk, keys):
    return [pair for key in keys for each in chunk.get(key, []) for pair in each.items()]


def arguments(chunk):
    """What Salt hands to the function of a state."""
    return {
        key: value
        for key, value in chunk.items()
        if key not in STATE_INTERNAL_KEYWORDS and key != "state" and not key.startswith("__")
    }


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sls", SLS)
def test_every_sls_has_states(low, sls, family):
    assert low(sls, family=family)


def test_the_example_has_all_roles_in_one(low):
    found = {chunk["__sls__"].split(".")[1] for chunk in low("glance")}
    assert found == set(PILLAR["glance"]["roles"])
    assert found <= set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_only_its_own_role_is_applied(low, role):
    pillar = copy.deepcopy(PILLAR)
    pillar["glance"]["roles"] = [role]
    assert {chunk["__sls__"].split(".")[1] for chunk in low("glance", pillar)} == {role}


def test_no_role(low):
    pillar = copy.deepcopy(PILLAR)
    pillar["glance"]["roles"] = []
    (chunk,) = low("glance", pillar)
    assert (chunk["state"], chunk["fun"]) == ("test", "nop")


@pytest.mark.parametrize("family", FAMILIES)
def test_an_id_stands_for_one_state(low, family):
    ids = [chunk["__id__"] for chunk in low("glance", family=family)]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("sls", SLS)
def test_an_id_says_where_it_is_from(low, sls):
    for chunk in low(sls):
        assert chunk["__id__"].startswith(chunk["__sls__"].replace(".", "-") + "-")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sls", SLS)
def test_no_secret_is_in_the_data_of_states(low, sls, family):
    assert SECRET in json.dumps(PILLAR)
    assert SECRET not in json.dumps(low(sls, family=family))


@pytest.mark.parametrize(("role", "release"), [("api", "icehouse"), ("api", "hibiscus"), ("registry", "queens")])
def test_every_file_that_is_put_back_is_kept_before_it_is_written(low, role, release):
    chunks = {chunk["__id__"]: chunk for chunk in low(f"glance.{role}", with_release(release))}
    kept, running = chunks[f"glance-{role}-config-kept"], chunks[f"glance-{role}-service-running"]
    assert kept["files"] == [*running["files"], *running.get("reread", [])]
    kinds = tuple(f"glance-{role}-config-{kind}-" for kind in ("file", "document", "text"))
    written = {name: chunk for name, chunk in chunks.items() if name.startswith(kinds)}
    assert {chunk["name"] for chunk in written.values()} >= set(kept["files"])
    watched = {name for each in running["watch"] for name in each.values()}
    for name, chunk in written.items():
        assert {"openstack_service": kept["__id__"]} in chunk["require"]
        assert (name in watched) == (chunk["name"] in running["files"])


@pytest.mark.parametrize("update", ["none", "new", "all"])
def test_definitions_are_loaded_as_pillar_says(low, update):
    """``settings.metadefs.update`` in a template is the method of a dictionary."""
    pillar = copy.deepcopy(PILLAR)
    pillar["glance"]["metadefs"] = {"load": True, "update": update}
    (chunk,) = [chunk for chunk in low("glance.api", pillar) if chunk["__id__"] == "glance-api-schema-metadefs"]
    assert chunk["update"] == update


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("release", RELEASE)
def test_a_function_takes_what_it_is_given(low, signature, release, family):
    for chunk in low("glance", with_release(release), family):
        signature(chunk["state"], chunk["fun"]).bind(**arguments(chunk))


@pytest.mark.parametrize("family", FAMILIES)
def test_an_api_from_a_virtual_environment(low, signature, family):
    chunks = low("glance", with_venv(), family)
    for chunk in chunks:
        signature(chunk["state"], chunk["fun"]).bind(**arguments(chunk))
    assert SECRET not in json.dumps(chunks)
    ids = {chunk["__id__"]: chunk for chunk in low("glance.api", with_venv(), family)}
    assert ids["glance-api-venv-present"]["index_pillar"] == "glance:venv:index_url"
    assert not set(ids["glance-api-venv-replaced"]["pkgs"]) & set(ids["glance-api-package-installed"]["pkgs"])
    assert ids["glance-api-schema-synced"]["package"] is None
    watched = ids["glance-api-service-running"]["watch"]
    assert {"openstack_venv": "glance-api-venv-present"} in watched
    assert {"file": "glance-api-venv-unit"} in watched
    order = list(ids)
    steps = ["venv-present", "venv-replaced", "venv-unit", "package-installed", "schema-synced", "service-running"]
    assert sorted(steps, key=lambda step: order.index(f"glance-api-{step}")) == steps


@pytest.mark.parametrize("family", FAMILIES)
def test_with_packages_an_environment_goes_before_they_come(low, family):
    ids = {chunk["__id__"]: chunk for chunk in low("glance.api", with_release("hibiscus"), family)}
    order = list(ids)
    steps = ["venv-unit", "venv-absent", "venv-reload", "package-installed"]
    assert sorted(steps, key=lambda step: order.index(f"glance-api-{step}")) == steps
    assert ids["glance-api-venv-unit"]["mark"] == "Managed by Salt (glance.api.venv)"
    assert ids["glance-api-venv-unit"]["service"]


def test_what_a_function_does_not_take_is_found(signature):
    with pytest.raises(TypeError, match="unexpected keyword argument 'option'"):
        signature("openstack_config", "present").bind(**arguments({"name": "/x", "options": {}, "option": {}}))


@pytest.mark.parametrize("sls", ["glance.api", "glance.api.service"])
@pytest.mark.parametrize("release", ["queens", "epoxy", "hibiscus"])
def test_tls_comes_when_glance_has_left_the_port(low, release, sls):
    chunks = low(sls, with_tls(True, release))
    kept, running, front = "glance-api-config-kept", "glance-api-service-running", "glance-api-tls-running"
    assert running in needed(chunks, front)
    assert {"glance-api-tls-certificate", "glance-api-tls-config", "glance-api-tls-unit"} <= needed(chunks, kept)
    assert kept in needed(chunks, running)
    assert front not in needed(chunks, running)


@pytest.mark.parametrize("sls", ["glance.api", "glance.api.service"])
@pytest.mark.parametrize("release", ["queens", "epoxy", "hibiscus"])
def test_tls_goes_before_glance_takes_the_port(low, release, sls):
    chunks = low(sls, with_tls(False, release))
    running, dead = "glance-api-service-running", "glance-api-tls-dead"
    assert {dead, "glance-api-tls-server-absent"} <= needed(chunks, running)
    assert "glance-api-schema-synced" in needed(chunks, dead)
    removed = [each["__id__"] for each in chunks if each["__id__"].startswith("glance-api-tls-absent-")]
    assert len(removed) == 2
    assert all({running, dead} <= needed(chunks, each) for each in removed)
    again = next(each for each in chunks if each["__id__"] == "glance-api-tls-again")
    assert again["onfail"] == [{"openstack_service": running}]


def test_off_removes_what_on_has_made(low):
    made = {each["name"] for each in low("glance.api.tls", with_tls(True, "hibiscus", files=True)) if is_made(each)}
    gone = {
        each["name"]
        for each in low("glance.api.tls", with_tls(False, "hibiscus"))
        if (each["state"], each["fun"]) == ("file", "absent") and each["__sls__"] == "glance.api.tls"
    }
    assert len(made) == 7
    assert {path for path in made if not path.startswith("/etc/glance-api-tls/")} < gone
    assert "/etc/glance-api-tls" in gone


def is_made(chunk):
    return chunk["fun"] in ("managed", "present") and "api-tls" in chunk["name"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("files", [True, False])
@pytest.mark.parametrize("enabled", [True, False])
def test_tls_in_the_data_of_states(low, signature, family, enabled, files):
    chunks = low("glance.api", with_tls(enabled, files=files), family)
    assert SECRET not in json.dumps(chunks)
    ids = [chunk["__id__"] for chunk in chunks]
    assert sorted(ids) == sorted(set(ids))
    for chunk in chunks:
        assert chunk["__id__"].startswith(chunk["__sls__"].replace(".", "-") + "-")
        signature(chunk["state"], chunk["fun"]).bind(**arguments(chunk))


@pytest.mark.parametrize("name", ["haproxy.cfg", "haproxy.service", "renew", "path", "oneshot"])
def test_a_template_of_tls(loaders, low, name):
    chunks = low("glance.api", with_tls(True, files=True))
    tls = next(each for each in chunks if each["__id__"] == "glance-api-tls-config")
    context = {**tls["context"], "description": "What", "user": "root", "command": "/x", "paths": ["/srv"]}
    source = str(REPO / "glance" / "files" / f"{name}.jinja")
    text = loaders.modules.slsutil.renderer(source, default_renderer="jinja", **context)
    assert "{{" not in text
    assert "Managed by Salt (glance.api" in text
    if text.startswith("#!/bin/sh"):
        subprocess.run(["sh", "-n"], input=text, text=True, check=True)
