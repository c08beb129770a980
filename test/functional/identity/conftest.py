"""
openstack_identity against real Keystones, through Salt's loader, with keystoneclient's own word as the second opinion.

Without ``--all`` they are asked of one Keystone, the lab's or the one that ``GLANCE_TEST_SERVERS`` names. Those of
``releases``, from PyPI, come with the tests marked slow; there bcrypt takes no time, and users can be locked out.
"""

import contextlib
import dataclasses
import re
import socket
import types
import urllib.parse

import keystoneauth1.exceptions
import keystoneclient.v3.client
import pytest
import requests.adapters
from releases import database, keystone, venvs
from releases.errors import Missing
from releases.lanes import LANES
from releases.processes import Servers
from releases.site import free_address

from functional.cloud import session
from functional.database.certificates import Certificates

from .common import KEY, LOCKOUT, OTHER, PASSWORD, PREFIX, TYPE
from .relay import Relay
from .tables import Tables

SITE = "site"
_REQUEST = re.compile(r"Request-ID: \S+")
# Keystone 27 goes on listing what it listed before a role on the system was given.
_OPTIONS_OF = {"epoxy": {"role": {"caching": False}}}
# In the order in which they can be removed.
CLEANED = ("limits", "registered_limits", "endpoints", "services", "groups", "users", "projects", "roles", "regions")
_OPTIONS = {
    # a token is proven in a tenth of the time
    "cache": {"enabled": True, "backend": "dogpile.cache.memory"},
    "identity": {"password_hash_rounds": 4},
    "oslo_middleware": {"enable_proxy_headers_parsing": True},
    "security_compliance": {"lockout_failure_attempts": LOCKOUT, "lockout_duration": 600},
}


@pytest.fixture(
    scope="session",
    params=[SITE, *(pytest.param(name, marks=pytest.mark.slow) for name in ("zed", "epoxy", "hibiscus"))],
)
def release(request):
    """Which Keystone: the site's, or one of a release from PyPI."""
    return request.param


@pytest.fixture(scope="session")
def own(release, tmp_path_factory):
    """A Keystone of a release, ``None`` where the site's is asked."""
    if release == SITE:
        yield None
        return
    directory = tmp_path_factory.mktemp(release)
    logs = directory / "logs"
    logs.mkdir()
    lane, address = LANES[release], free_address()
    try:
        database.check()
        venv = venvs.ensure(lane)
    except Missing as missing:
        pytest.skip(str(missing))
    with Servers(logs) as servers:
        data = database.start(servers, directory / "mariadb", address)
        # no public_endpoint: what a client is led to is where it asked
        more = {**_OPTIONS, **_OPTIONS_OF.get(release, {}), "DEFAULT": {"log_file": directory / "keystone.log"}}
        found = keystone.start(lane, venv, servers, directory / "keystone", address, data, more)
        yield types.SimpleNamespace(admin=found.admin, database=data)


@pytest.fixture(scope="session")
def admin(own, request):
    """Who may do everything, in the words of ``clouds.yaml``."""
    if own:
        return dict(own.admin)
    found = dict(request.getfixturevalue("server")("identity"))
    if found.get("identity_api_version") == 2 or found["auth_url"].endswith("/v2.0"):
        pytest.skip("the server that GLANCE_TEST_SERVERS names is asked by Identity v2.0")
    return found


@pytest.fixture(scope="session")
def tables(own, request):
    """Keystone's tables."""
    return Tables(dataclasses.asdict(own.database) if own else request.getfixturevalue("server")("database"))


@pytest.fixture
def sql(own, tables):
    """Changes what only time changes, in Keystone's own tables."""
    if own is None:
        pytest.skip("needs a Keystone of its own: --all starts some")
    return tables.run


@pytest.fixture(scope="module")
def nobody():
    """A URL at which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture(scope="session")
def target(own):
    """``(host, port)`` of a Keystone that leads clients to where they asked."""
    if own is None:
        pytest.skip("needs a Keystone of its own: --all starts some")
    url = urllib.parse.urlsplit(own.admin["auth_url"])
    return url.hostname, url.port


@pytest.fixture
def relay(target):
    """A relay to it."""
    with Relay(target) as made:
        yield made


@pytest.fixture
def tls(target, tmp_path):
    """A relay to it that speaks TLS, and ``authority``, the file of who signed its certificate."""
    certificates = Certificates(tmp_path)
    with Relay(target, certificates.server) as made:
        made.authority = certificates.server["ca"]
        yield made


@pytest.fixture(scope="module")
def pillar(admin, nobody):
    who = {key: value for key, value in admin.items() if key != "auth_url"}
    user = {"username": f"{PREFIX}user", "password_pillar": KEY, "project_name": f"{PREFIX}project"}
    dead = {**who, "auth_url": nobody, "timeout": 2}
    return {
        "glance": {
            "identity": {"auth_url": admin["auth_url"], "password": PASSWORD, "other": OTHER, "admin": who},
        },
        "test": {
            "auth_url": admin["auth_url"],
            "wrong": {**who, "password": "not this one"},
            "nobody": dead,
            "nobody3": {**dead, "auth_url": f"{nobody}/v3"},
            "user": user,
            "text": "no mapping",
            "half": {"username": "admin"},
            "secret": "s3cret-of-a-credential'\"\\ü",
            "another": "another-secret-of-a-credential",
        },
    }


@pytest.fixture(scope="module")
def cloud(admin):
    """Asks the server directly: the second opinion."""
    return _client(admin)


@pytest.fixture(scope="module")
def system(admin):
    """The same for the whole system, since Keystone up to 2024.2 lists all limits for that only."""
    user = {key: value for key, value in admin.items() if not key.startswith("project_")}
    return _client({**user, "system_scope": "all"})


def _client(who):
    auth = {key: value for key, value in who.items() if key not in ("region_name", "identity_api_version")}
    return keystoneclient.v3.client.Client(session=session(auth), interface="public")


@pytest.fixture(scope="module")
def cleaned(cloud, system):
    """Nothing is there that a run which was ended left behind."""
    _clean_all(cloud, system)


@pytest.fixture(autouse=True)
def clean(cleaned, cloud, system):
    yield
    _clean_all(cloud, system)


def _clean_all(cloud, system):
    for kind in CLEANED:
        _clean(getattr(system if kind == "limits" else cloud, kind))
    for each in cloud.domains.list():
        if each.name.startswith(PREFIX):
            _clean_domain(cloud, each)


def _clean(manager):
    """Until none is left: those below others first."""
    for _ in range(4):
        ours = [each for each in manager.list() if _ours(each)]
        for each in ours:
            if getattr(each, "options", {}).get("immutable"):
                manager.update(each.id, options={"immutable": None})
            with contextlib.suppress(Exception):
                manager.client.delete(f"/{manager.collection_key}/{_quoted(each.id)}")
        if not ours:
            return


def _clean_domain(cloud, domain):
    if getattr(domain, "options", {}).get("immutable"):
        cloud.domains.update(domain, options={"immutable": None})
    for role in cloud.roles.list(domain_id=domain.id):
        cloud.roles.delete(role)
    cloud.domains.update(domain, enabled=False)
    with contextlib.suppress(keystoneauth1.exceptions.NotFound):  # a run that was ended may have asked for it too
        cloud.domains.delete(domain)


def _quoted(id):
    return re.sub(r"[^\w.~-]", lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), id, flags=re.ASCII)


def _ours(thing):
    names = (getattr(thing, key, None) for key in ("name", "region", "id", "resource_name"))
    return any(str(name).startswith(PREFIX) for name in names)


@pytest.fixture
def everything(tables):
    """Reads all that a state could change."""
    return tables.objects


@pytest.fixture
def run(state, loaders):
    """One state in a run of its own: nothing is remembered from the one before."""

    def once(function, test=False, **arguments):
        loaders.context.clear()
        return state(f"openstack_identity.{function}", test=test, **arguments)

    return once


@pytest.fixture
def converges(run, everything):
    """Run a state in test mode, for real, and twice again; return its changes."""

    def check(function, **arguments):
        before = everything()
        planned = run(function, test=True, **arguments)
        assert planned.result is None, planned.comment
        assert everything() == before, "test mode changed something"
        done = run(function, **arguments)
        assert done.result is True, done.comment
        assert done.changes == planned.changes
        assert done.changes
        after = everything()
        for again in (run(function, **arguments), run(function, test=True, **arguments)):
            assert (again.result, again.changes) == (True, {}), again.comment
        assert everything() == after
        for secret in (PASSWORD, OTHER):
            assert secret not in str(done)
        return done.changes

    return check


@pytest.fixture
def refused(run, everything):
    """Run a state that must fail in both modes and change nothing; return its comment."""

    def check(function, **arguments):
        before = everything()
        results = [run(function, test=test, **arguments) for test in (True, False)]
        assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2, results[1].comment
        assert everything() == before
        assert [_REQUEST.sub("", ret.comment) for ret in results] == [_REQUEST.sub("", results[0].comment)] * 2
        return results[0].comment

    return check


@pytest.fixture
def planned_only(run, everything):
    """Run a state that has a plan, and in the real run lacks what it refers to; return its comment."""

    def check(function, **arguments):
        before = everything()
        plan = run(function, test=True, **arguments)
        assert plan.result is None, plan.comment
        assert plan.changes
        real = run(function, **arguments)
        assert (real.result, real.changes) == (False, {}), real.comment
        assert everything() == before
        return real.comment

    return check


@pytest.fixture
def site(cloud):
    """One of most kinds, made behind the states' back."""
    domain = "default"
    project = cloud.projects.create(f"{PREFIX}project", domain=domain, description="text")
    user = cloud.users.create(f"{PREFIX}user", domain=domain, password=PASSWORD, email="a@example.org")
    group = cloud.groups.create(f"{PREFIX}group", domain=domain, description="text")
    role = cloud.roles.create(f"{PREFIX}role")
    service = cloud.services.create(f"{PREFIX}service", type=TYPE, description="text")
    region = cloud.regions.create(f"{PREFIX}one", description="text")
    return {"project": project, "user": user, "group": group, "role": role, "service": service, "region": region}


@pytest.fixture
def domain(cloud):
    return cloud.domains.create(f"{PREFIX}domain")


@pytest.fixture
def apply(modules, loaders):
    """A whole run of states, ``{id: {function: {argument: value}}}``; returns each one's result."""

    def run(states, test=False):
        loaders.context.clear()
        data = {}
        for id, declared in states.items():
            for function, arguments in declared.items():
                module, name = function.split(".")
                data[id] = {module: [name, *({key: value} for key, value in arguments.items())]}
        return modules.state.high(data, test=test).raw

    return run


@pytest.fixture
def sent(monkeypatch):
    """Every request of this process from here on: ``GET /v3/users?domain_id=…``."""
    found = []
    send = requests.adapters.HTTPAdapter.send

    def counting(adapter, request, **kwargs):
        found.append(f"{request.method} {request.path_url}")
        return send(adapter, request, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", counting)
    return found


@pytest.fixture
def requests_of(sent, apply):
    """What a whole run of states sends, and what it returns."""

    def run(states):
        sent.clear()
        raw = apply(states)
        assert all(each["result"] for each in raw.values()), [each["comment"] for each in raw.values()]
        return list(sent), raw

    return run
