"""openstack_identity against a real Keystone, with keystoneclient's own word as the second opinion."""

import contextlib
import json
import socket
import uuid

import keystoneauth1.identity
import keystoneauth1.session
import keystoneclient.v3.client
import pytest
import requests.adapters

from functional.cloud import session

pytestmark = pytest.mark.slow

PREFIX = "formula-"
PASSWORD = "aaa'\"\\%s ü {{ x }} $(y)"
OTHER = "bbb: another, # one"
KEY, OTHER_KEY = "glance:identity:password", "glance:identity:other"
IMAGE = "http://image-node.example.org:9292"
TAILS = ["plain", "with space", "quote'\"", "a/b?c=d&e#f", "50%25", "ünï-日本", "{{ jinja }}", "-dash", "a" * 50]
REGION_TAILS = [tail for tail in TAILS if "/" not in tail]
TOUCHED = {
    "project": ("projects", "users"),
    "user": ("users", "role_assignments"),
    "role": ("roles", "role_assignments"),
    "assignment": ("role_assignments",),
    "service": ("services", "endpoints"),
    "endpoint": ("services", "endpoints", "regions"),
    "region": ("regions", "endpoints"),
}
TYPE = "formula-image"


@pytest.fixture(scope="module")
def pillar(server):
    admin = dict(server("identity"))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    nobody = {**admin, "auth_url": f"http://127.0.0.1:{port}", "timeout": 2}
    user = {"username": f"{PREFIX}user", "password_pillar": KEY, "project_name": f"{PREFIX}project"}
    return {
        "glance": {
            "identity": {"auth_url": admin.pop("auth_url"), "password": PASSWORD, "other": OTHER, "admin": admin},
        },
        "test": {
            "auth_url": server("identity")["auth_url"],
            "wrong": {**admin, "password": "not this one"},
            "nobody": nobody,
            "nobody3": {**nobody, "auth_url": f"{nobody['auth_url']}/v3"},
            "user": user,
            "text": "no mapping",
            "half": {"username": "admin"},
        },
    }


@pytest.fixture(scope="module")
def cloud(server):
    """Asks the server directly: the second opinion."""
    auth = {key: value for key, value in server("identity").items() if key != "region_name"}
    return keystoneclient.v3.client.Client(session=session(auth), interface="public")


@pytest.fixture(autouse=True)
def clean(cloud):
    yield
    for kind in ("endpoints", "services", "users", "projects", "roles", "regions"):
        for each in getattr(cloud, kind).list():
            if _ours(each):
                getattr(cloud, kind).delete(each.id.replace("%", "%25") if kind == "regions" else each)
    for domain in cloud.domains.list():
        if domain.name.startswith(PREFIX):
            cloud.domains.update(domain, enabled=False)
            cloud.domains.delete(domain)


def _ours(thing):
    names = (getattr(thing, "name", None), getattr(thing, "region", None), thing.id)
    return any(str(name).startswith(PREFIX) for name in names)


@pytest.fixture
def everything(cloud):
    """All that a state of this name may change."""

    def read(function):
        kinds = TOUCHED[function.partition("_")[0]]
        return {kind: sorted(str(each.to_dict()) for each in getattr(cloud, kind).list()) for kind in kinds}

    return read


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
        before = everything(function)
        planned = run(function, test=True, **arguments)
        assert planned.result is None, planned.comment
        assert everything(function) == before, "test mode changed something"
        done = run(function, **arguments)
        assert done.result is True, done.comment
        assert done.changes == planned.changes
        assert done.changes
        after = everything(function)
        for again in (run(function, **arguments), run(function, test=True, **arguments)):
            assert (again.result, again.changes) == (True, {}), again.comment
        assert everything(function) == after
        for secret in (PASSWORD, OTHER):
            assert secret not in str(done)
        return done.changes

    return check


@pytest.fixture
def refused(run, everything):
    """Run a state that must fail in both modes and change nothing; return its comment."""

    def check(function, **arguments):
        before = everything(function)
        results = [run(function, test=test, **arguments) for test in (True, False)]
        assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2, results[1].comment
        assert everything(function) == before
        assert results[0].comment == results[1].comment
        return results[0].comment

    return check


@pytest.fixture
def planned_only(run, everything):
    """Run a state that has a plan, and in the real run lacks what it refers to; return its comment."""

    def check(function, **arguments):
        before = everything(function)
        plan = run(function, test=True, **arguments)
        assert plan.result is None
        assert plan.changes
        real = run(function, **arguments)
        assert (real.result, real.changes) == (False, {})
        assert everything(function) == before
        return real.comment

    return check


@pytest.fixture
def site(cloud):
    """A project, user, role, service and region made behind the states' back."""
    domain = "default"
    project = cloud.projects.create(f"{PREFIX}project", domain=domain, description="text")
    user = cloud.users.create(f"{PREFIX}user", domain=domain, password=PASSWORD, email="a@example.org")
    role = cloud.roles.create(f"{PREFIX}role")
    service = cloud.services.create(f"{PREFIX}service", type=TYPE, description="text")
    region = cloud.regions.create(f"{PREFIX}one", description="text")
    return {"project": project, "user": user, "role": role, "service": service, "region": region}


# --- everything comes and goes


@pytest.mark.parametrize("tail", TAILS[1:4])
def test_project_comes_and_goes(converges, tail):
    name = PREFIX + tail
    assert converges("project_present", name=name, description="text") == {
        "name": {"old": None, "new": name},
        "domain": {"old": None, "new": "Default"},
        "description": {"old": None, "new": "text"},
        "enabled": {"old": None, "new": True},
    }
    changes = converges("project_absent", name=name)
    assert changes["name"] == {"old": name, "new": None}
    assert changes["id"]["new"] is None


@pytest.mark.parametrize("tail", TAILS)
def test_user_comes_and_goes(converges, modules, site, tail):
    name = PREFIX + tail
    changes = converges(
        "user_present",
        name=name,
        password_pillar=KEY,
        default_project=site["project"].name,
        email="a@example.org",
        description="text",
    )
    assert changes == {
        "name": {"old": None, "new": name},
        "domain": {"old": None, "new": "Default"},
        "email": {"old": None, "new": "a@example.org"},
        "description": {"old": None, "new": "text"},
        "enabled": {"old": None, "new": True},
        "password": {"old": None, "new": "as in pillar"},
        "default_project": {"old": None, "new": site["project"].name},
        "default_project_domain": {"old": None, "new": "Default"},
    }
    assert modules.openstack_identity.password_matches(name, KEY) is True
    assert modules.openstack_identity.password_matches(name, OTHER_KEY) is False
    assert converges("user_absent", name=name)["name"] == {"old": name, "new": None}


@pytest.mark.parametrize("tail", TAILS[4:6])
def test_role_comes_and_goes(converges, tail):
    assert set(converges("role_present", name=PREFIX + tail, description="text")) == {"name", "description"}
    assert "id" in converges("role_absent", name=PREFIX + tail)


@pytest.mark.parametrize("tail", TAILS)
def test_service_and_endpoint_come_and_go(converges, cloud, tail):
    service = {"name": PREFIX + tail, "type": TYPE}
    place = {**service, "interface": "public", "region": f"{PREFIX}one"}
    assert set(converges("service_present", **service, description="text")) == {*service, "description", "enabled"}
    assert converges("endpoint_present", **place, url=IMAGE) == {
        "service": {"old": None, "new": service["name"]},
        "type": {"old": None, "new": TYPE},
        "interface": {"old": None, "new": "public"},
        "region": {"old": None, "new": f"{PREFIX}one"},
        "url": {"old": None, "new": IMAGE},
        "enabled": {"old": None, "new": True},
    }
    assert converges("endpoint_absent", **place)["url"] == {"old": IMAGE, "new": None}
    assert converges("service_absent", **service)["type"] == {"old": TYPE, "new": None}


@pytest.mark.parametrize("tail", REGION_TAILS)
def test_region_comes_and_goes(converges, site, tail):
    changes = converges("region_present", name=PREFIX + tail, description="text", parent=site["region"].id)
    assert changes["parent"] == {"old": None, "new": site["region"].id}
    converges("region_present", name=PREFIX + tail, description="another")
    assert "id" in converges("region_absent", name=PREFIX + tail)


def test_region_that_no_url_can_name(run):
    assert "cannot be a part of a URL" in run("region_present", name="a/b").comment


@pytest.mark.parametrize("roles", ["admin", ["admin"], ["service", "admin", "admin"]])
def test_assignment_comes_and_goes(converges, site, roles):
    where = {"name": site["user"].name, "project": site["project"].name}
    declared = sorted({roles} if isinstance(roles, str) else set(roles))
    assert converges("assignment_present", roles=roles, **where) == {"roles": {"old": None, "new": declared}}
    assert converges("assignment_absent", **where) == {"roles": {"old": declared, "new": None}}


def test_removing_what_is_not_there(run):
    for function, arguments in {
        "project_absent": {},
        "user_absent": {"domain": "no such domain"},
        "role_absent": {},
        "service_absent": {"type": TYPE},
        "endpoint_absent": {"type": TYPE, "interface": "public", "region": "RegionOne"},
        "region_absent": {},
        "assignment_absent": {"project": f"{PREFIX}none"},
    }.items():
        for test in (True, False):
            ret = run(function, test=test, name=f"{PREFIX}none", **arguments)
            assert (ret.result, ret.changes) == (True, {}), ret.comment


# --- drift, one attribute at a time


DRIFT = {
    "project description": ("project", {"description": "drifted"}, {"description": ("drifted", "text")}),
    "project disabled": ("project", {"enabled": False}, {"enabled": (False, True)}),
    "user email": ("user", {"email": "b@example.org"}, {"email": ("b@example.org", "a@example.org")}),
    "user description": ("user", {"description": "drifted"}, {"description": ("drifted", "text")}),
    "user password": ("user", {"password": OTHER}, {"password": ("not as in pillar", "as in pillar")}),
    "user default project": (
        "user",
        {"default_project": "ADMIN"},
        {"default_project": ("admin", f"{PREFIX}project")},
    ),
    "user disabled": (
        "user",
        {"enabled": False},
        {"enabled": (False, True), "password": ("unknown while the user is disabled", "as in pillar")},
    ),
    "role description": ("role", {"description": "drifted"}, {"description": ("drifted", "text")}),
    "service description": ("service", {"description": "drifted"}, {"description": ("drifted", "text")}),
    "service disabled": ("service", {"enabled": False}, {"enabled": (False, True)}),
    "service name": ("service", {"name": f"{PREFIX}x"}, {"name": (f"{PREFIX}x", f"{PREFIX}service")}),
    "endpoint url": ("endpoint", {"url": "http://x:1"}, {"url": ("http://x:1", IMAGE)}),
    "endpoint disabled": ("endpoint", {"enabled": False}, {"enabled": (False, True)}),
    "region description": ("region", {"description": "drifted"}, {"description": ("drifted", "text")}),
    "region parent": ("region", {"parent_region": "RegionOne"}, {"parent": ("RegionOne", f"{PREFIX}top")}),
}


@pytest.fixture
def declared(site, cloud, run):
    """Declares every attribute of one kind of object; the arguments are what the drift tests converge to."""
    cloud.regions.create(f"{PREFIX}top")
    arguments = {
        "project": {"name": f"{PREFIX}project", "description": "text"},
        "user": {
            "name": f"{PREFIX}user",
            "password_pillar": KEY,
            "email": "a@example.org",
            "description": "text",
            "default_project": f"{PREFIX}project",
        },
        "role": {"name": f"{PREFIX}role", "description": "text"},
        "service": {"name": f"{PREFIX}service", "type": TYPE, "description": "text"},
        "endpoint": {
            "name": f"{PREFIX}service",
            "type": TYPE,
            "interface": "public",
            "region": f"{PREFIX}one",
            "url": IMAGE,
        },
        "region": {"name": f"{PREFIX}one", "description": "text", "parent": f"{PREFIX}top"},
    }

    def make(kind):
        assert run(f"{kind}_present", **arguments[kind]).result is True
        return arguments[kind]

    return make


@pytest.mark.parametrize(("kind", "drift", "changes"), DRIFT.values(), ids=DRIFT)
def test_drift_is_shown_and_repaired(declared, converges, cloud, kind, drift, changes):
    arguments = declared(kind)
    manager = getattr(cloud, f"{kind}s")
    thing = next(each for each in manager.list() if _ours(each) and getattr(each, "id", "") != f"{PREFIX}top")
    if drift.get("default_project") == "ADMIN":
        drift = {"default_project": next(each for each in cloud.projects.list() if each.name == "admin")}
    manager.update(thing.id, **drift)
    expected = {key: {"old": old, "new": new} for key, (old, new) in changes.items()}
    assert converges(f"{kind}_present", **arguments) == expected
    assert [each.id for each in manager.list() if each.id == thing.id], "repaired in place"


def test_empty_text_is_a_declaration(converges, site):
    changes = converges("project_present", name=site["project"].name, description="")
    assert changes == {"description": {"old": "text", "new": ""}}


def test_what_is_not_declared_stays(run, site):
    for kind in ("project", "user", "role", "region"):
        assert run(f"{kind}_present", name=site[kind].name if kind != "region" else site[kind].id).changes == {}
    assert run("service_present", name=site["service"].name, type=TYPE).changes == {}


def test_things_that_are_to_be_disabled(converges, run, site):
    for kind in ("project", "user"):
        changes = converges(f"{kind}_present", name=site[kind].name, enabled=False)
        assert changes == {"enabled": {"old": True, "new": False}}
    # nobody can try the password of a user that stays disabled
    arguments = {"name": site["user"].name, "password_pillar": OTHER_KEY, "enabled": False}
    assert run("user_present", **arguments).changes == {}


# --- passwords


def test_password_is_repaired_only_when_it_is_wrong(converges, run, site):
    name = site["user"].name
    assert run("user_present", name=name, password_pillar=KEY).changes == {}
    changes = converges("user_present", name=name, password_pillar=OTHER_KEY)
    assert changes == {"password": {"old": "not as in pillar", "new": "as in pillar"}}


def test_login_with_a_right_password_ends_no_token(run, site, server):
    url = f"{server('identity')['auth_url'].removesuffix('/v3')}/v3"
    auth = keystoneauth1.identity.V3Password(url, user_id=site["user"].id, password=PASSWORD)
    session = keystoneauth1.session.Session(auth=auth)
    token = session.get_token()
    assert run("user_present", name=site["user"].name, password_pillar=KEY).changes == {}
    answer = session.get(f"{url}/auth/tokens", headers={"X-Subject-Token": token}, raise_exc=False)
    assert answer.status_code == 200


def test_password_on_create(converges, run, modules):
    arguments = {"name": f"{PREFIX}new", "update_password": "on_create"}
    converges("user_present", password_pillar=KEY, **arguments)
    assert run("user_present", password_pillar=OTHER_KEY, **arguments).changes == {}
    assert modules.openstack_identity.password_matches(f"{PREFIX}new", KEY) is True


@pytest.mark.parametrize("arguments", [{"password_pillar": "no:such:key"}, {"update_password": "sometimes"}])
def test_password_arguments_are_checked_first(refused, arguments):
    comment = refused("user_present", name=f"{PREFIX}new", **arguments)
    assert "no:such:key" in comment or "always or on_create" in comment


# --- regions, services, endpoints


def test_two_regions_do_not_touch_each_other(converges, site, cloud):
    place = {"name": site["service"].name, "type": TYPE, "interface": "public"}
    converges("endpoint_present", **place, region=f"{PREFIX}one", url="http://one:9292")
    converges("endpoint_present", **place, region=f"{PREFIX}two", url="http://two:9292")
    converges("endpoint_present", **place, region=f"{PREFIX}two", url="http://two:1")
    converges("endpoint_present", **{**place, "interface": "admin"}, region=f"{PREFIX}two", url="http://two:2")

    def urls():
        return sorted((each.region, each.interface, each.url) for each in cloud.endpoints.list(service=site["service"]))

    one = (f"{PREFIX}one", "public", "http://one:9292")
    two = (f"{PREFIX}two", "admin", "http://two:2")
    assert urls() == [one, two, (f"{PREFIX}two", "public", "http://two:1")]
    converges("endpoint_absent", **place, region=f"{PREFIX}two")
    assert urls() == [one, two]


def test_renamed_service_keeps_its_id_and_endpoints(converges, run, site, cloud):
    endpoint = cloud.endpoints.create(site["service"], IMAGE, "public", region=f"{PREFIX}one")
    new = {"name": f"{PREFIX}renamed", "type": TYPE}
    place = {"interface": "public", "region": f"{PREFIX}one"}
    plan = run("endpoint_present", test=True, **new, **place, url="http://x:1")
    assert plan.changes == {"url": {"old": IMAGE, "new": "http://x:1"}}
    assert "does not exist" in run("endpoint_present", **new, **place, url="http://x:1").comment
    changes = converges("service_present", **new)
    assert changes == {"name": {"old": f"{PREFIX}service", "new": f"{PREFIX}renamed"}}
    assert converges("endpoint_present", **new, **place, url="http://x:1") == plan.changes
    assert cloud.endpoints.get(endpoint).service_id == site["service"].id


def test_removing_a_service_leaves_one_of_another_name(run, site):
    assert run("service_absent", name=f"{PREFIX}other", type=TYPE).changes == {}


def test_two_services_of_one_name(refused, site, cloud):
    twin = cloud.services.create(site["service"].name, type=TYPE)
    for function in ("service_present", "service_absent"):
        comment = refused(function, name=twin.name, type=TYPE)
        assert twin.id in comment
        assert site["service"].id in comment
    comment = refused("endpoint_present", name=twin.name, type=TYPE, interface="public", region="RegionOne", url=IMAGE)
    assert twin.id in comment


def test_two_services_of_one_type_and_neither_has_the_name(refused, site, cloud):
    other = cloud.services.create(f"{PREFIX}other", type=TYPE)
    comment = refused("service_present", name=f"{PREFIX}third", type=TYPE)
    assert other.id in comment
    assert site["service"].id in comment


def test_two_endpoints_at_one_place(refused, site, cloud):
    twins = [cloud.endpoints.create(site["service"], IMAGE, "public", region=f"{PREFIX}one") for _ in range(2)]
    place = {"name": site["service"].name, "type": TYPE, "interface": "public", "region": f"{PREFIX}one"}
    for comment in (refused("endpoint_present", **place, url=IMAGE), refused("endpoint_absent", **place)):
        assert all(twin.id in comment for twin in twins)


def test_module_itself_makes_no_twin(modules, site):
    with pytest.raises(Exception, match="exists already"):
        modules.openstack_identity.service_create(site["service"].name, TYPE)
    place = (site["service"].name, TYPE, "public")
    modules.openstack_identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")
    with pytest.raises(Exception, match="exists already"):
        modules.openstack_identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")


def test_wrong_interface(refused):
    place = {"name": "x", "type": TYPE, "interface": "publicURL", "region": "RegionOne"}
    assert "public, internal, admin" in refused("endpoint_present", **place, url=IMAGE)


# --- domains


@pytest.fixture
def domain(cloud):
    return cloud.domains.create(f"{PREFIX}domain")


def test_same_name_in_two_domains(converges, modules, cloud, domain, site):
    for kind in ("user", "project"):
        twin = getattr(cloud, f"{kind}s").create(site[kind].name, domain=domain)
        assert converges(f"{kind}_absent", name=twin.name)["id"]["old"] == site[kind].id
        assert getattr(cloud, f"{kind}s").get(twin.id).name == twin.name
        assert converges(f"{kind}_absent", name=twin.name, domain=domain.name)["id"]["old"] == twin.id


def test_roles_and_default_project_across_domains(converges, cloud, domain, site):
    cloud.projects.create(site["project"].name, domain=domain)
    changes = converges(
        "user_present",
        name=site["user"].name,
        default_project=site["project"].name,
        default_project_domain=domain.name,
    )
    assert changes["default_project_domain"] == {"old": None, "new": domain.name}
    changes = converges("user_present", name=site["user"].name, default_project=site["project"].name)
    assert changes == {"default_project_domain": {"old": domain.name, "new": "Default"}}
    where = {"name": site["user"].name, "project": site["project"].name, "roles": ["reader"]}
    converges("assignment_present", **where, project_domain=domain.name)
    converges("assignment_present", **where)


def test_domain_by_id_is_refused(refused):
    assert "id of domain Default" in refused("project_present", name=f"{PREFIX}x", domain="default")


# --- assignments


def test_other_roles_stay_unless_exact(converges, cloud, site):
    where = {"name": site["user"].name, "project": site["project"].name}
    cloud.roles.grant(site["role"], user=site["user"], project=site["project"])
    assert converges("assignment_present", roles=["reader"], **where) == {"roles": {"old": None, "new": ["reader"]}}
    assert {each.name for each in cloud.roles.list(user=site["user"], project=site["project"])} == {
        "reader",
        site["role"].name,
    }
    both = [site["role"].name, "reader"]
    changes = converges("assignment_present", roles=["member", "reader"], exact=True, **where)
    assert changes == {"roles": {"old": both, "new": ["member", "reader"]}}
    assert converges("assignment_absent", roles=["reader"], **where) == {"roles": {"old": ["reader"], "new": None}}
    assert [each.name for each in cloud.roles.list(user=site["user"], project=site["project"])] == ["member"]


def test_inherited_roles_are_not_direct_ones(converges, cloud, site):
    where = {"user": site["user"], "project": site["project"]}
    cloud.roles.grant(site["role"], **where, os_inherit_extension_inherited=True)
    arguments = {"name": site["user"].name, "project": site["project"].name, "roles": [site["role"].name]}
    assert converges("assignment_present", **arguments)
    assert converges("assignment_absent", **arguments)
    assert len(cloud.role_assignments.list(user=site["user"])) == 1


# --- what refers to something that is not there yet


def test_plans_without_parents(planned_only, site):
    none = f"{PREFIX}none"
    assert f"domain {none} does not exist" in planned_only("project_present", name=none, domain=none)
    assert "does not exist in domain Default" in planned_only("user_present", name=none, default_project=none)
    endpoint = {"interface": "public", "region": "RegionOne", "url": IMAGE}
    assert f"service {none}" in planned_only("endpoint_present", name=none, type="none", **endpoint)
    where = {"name": site["user"].name, "project": site["project"].name, "roles": ["reader"]}
    for missing in ("name", "project", "roles"):
        comment = planned_only("assignment_present", **{**where, missing: [none] if missing == "roles" else none})
        assert f"{missing.removesuffix('s').replace('name', 'user')} {none} does not exist" in comment


# --- who asks


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("test:wrong", ["does not accept user", "profile test:wrong"]),
        ("test:nobody", ["no answer from http://127.0.0.1:", "profile test:nobody"]),
        ("test:nobody3", ["no answer from http://127.0.0.1:", "profile test:nobody3"]),
        ("test:nothing", ["pillar key test:nothing is missing"]),
        ("test:text", ["pillar key test:text holds str"]),
        ("test:half", ["test:half lacks password"]),
        ({"cloud": "no-such-cloud"}, ["no cloud named no-such-cloud"]),
    ],
)
def test_profiles_that_do_not_work(refused, loaders, modules, profile, words):
    comment = refused("project_present", name=f"{PREFIX}x", profile=profile)
    loaders.context.clear()
    with pytest.raises(Exception, match=words[0]) as raised:
        modules.openstack_identity.login(profile=profile)
    for text in (comment, str(raised.value)):
        assert all(word in text for word in words), text
        assert "not this one" not in text


def test_profile_as_a_mapping(converges, server):
    profile = {**server("identity"), "password_pillar": "glance:identity:admin:password"}
    del profile["password"]
    converges("role_present", name=f"{PREFIX}role", profile=profile)


def test_keystone_of_another_region(run, server):
    profile = {**server("identity"), "region_name": f"{PREFIX}one", "interface": "internal"}
    assert run("role_present", name="admin", profile=profile).comment == "Role admin is as declared"


def test_profile_without_the_right(refused, cloud, site):
    reader = next(each for each in cloud.roles.list() if each.name == "reader")
    cloud.roles.grant(reader, user=site["user"], project=site["project"])
    comment = refused("role_present", name=f"{PREFIX}x", profile="test:user")
    assert "may not do this" in comment
    assert "profile test:user, password in glance:identity:password" in comment


def test_server_that_never_answers(run, server):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        ret = run("role_present", name="x", profile={**server("identity"), "auth_url": url, "timeout": 0.5})
    assert f"no answer from {url}" in ret.comment


def test_login(modules, server):
    login = modules.openstack_identity.login()
    assert login["user"] == server("identity")["username"]
    assert login["project_domain"] == "Default"
    assert "admin" in login["roles"]


# --- what one run asks


@pytest.fixture
def requests_of(monkeypatch, modules, loaders):
    """What a whole run of states sends."""

    def run(states):
        sent = []
        send = requests.adapters.HTTPAdapter.send

        def counting(adapter, request, **kwargs):
            sent.append(f"{request.method} {request.path_url}")
            return send(adapter, request, **kwargs)

        loaders.context.clear()
        with monkeypatch.context() as patch:
            patch.setattr(requests.adapters.HTTPAdapter, "send", counting)
            ret = modules.state.template_str("#!json\n" + json.dumps(states))
        assert all(each["result"] for each in ret.raw.values()), [each["comment"] for each in ret.raw.values()]
        return sent, ret.raw

    return run


def many(count):
    """So many of every kind, in the order in which they need each other."""
    states = {}
    for number in range(count):
        name = f"{PREFIX}{number}"
        service = {"type": name}
        for order, (function, arguments) in enumerate(
            {
                "project_present": {},
                "user_present": {"default_project": name},
                "role_present": {},
                "assignment_present": {"project": name, "roles": [name]},
                "region_present": {},
                "service_present": service,
                "endpoint_present": {**service, "interface": "public", "region": name, "url": IMAGE},
            }.items()
        ):
            arguments = {"name": name, "order": order + 1, **arguments}
            declared = [{key: value} for key, value in arguments.items()]
            states[f"{function} {name}"] = {f"openstack_identity.{function}": declared}
    return states


def test_converged_site_asks_once_a_kind(requests_of):
    requests_of(many(4))
    few, _ = requests_of(many(1))
    more, raw = requests_of(many(4))
    assert [ret["changes"] for ret in raw.values()] == [{}] * 28
    assert sorted(more) == sorted(few)
    assert len(more) == len(set(more))
    assert sum("/auth/tokens" in request for request in more) == 1
    assert not [request for request in more if not request.startswith("GET") and "/auth/tokens" not in request]


def test_managed_password_costs_one_login(requests_of, site):
    user = {"x": {"openstack_identity.user_present": [{"name": site["user"].name}, {"password_pillar": KEY}]}}
    with_it, _ = requests_of(user)
    user["x"]["openstack_identity.user_present"].pop()
    without, _ = requests_of(user)
    assert len(with_it) - len(without) <= 2
    assert sum("/auth/tokens" in request for request in with_it) == 2


# --- secrets


def test_nothing_secret_is_logged(caplog, run, site, server, cloud):
    with caplog.at_level(0):
        run("user_present", name=f"{PREFIX}new", password_pillar=KEY)
        run("user_present", name=f"{PREFIX}new", password_pillar=OTHER_KEY)
        run("user_present", name="x" * 300, password_pillar=OTHER_KEY)
        run("role_present", name=f"{PREFIX}role", profile="test:wrong")
    assert "/v3/users" in caplog.text
    for secret in (PASSWORD, OTHER, server("identity")["password"], "not this one"):
        assert secret not in caplog.text
        assert repr(secret)[1:-1] not in caplog.text
    assert "gAAAA" not in caplog.text


# --- execution functions


def test_functions_by_hand(modules, site):
    identity = modules.openstack_identity
    name = site["project"].name
    assert name in [each["name"] for each in identity.project_list()]
    assert name in [each["name"] for each in identity.project_list(domain="Default")]
    assert identity.project_update(name, enabled=False)["enabled"] is False
    assert identity.project_get(name) == {
        "id": site["project"].id,
        "name": name,
        "domain": "Default",
        "description": "text",
        "enabled": False,
    }
    assert identity.project_get(f"{PREFIX}none") is None
    assert identity.project_remove(name) is True
    assert identity.project_remove(name) is False
    assert site["user"].name in [each["name"] for each in identity.user_list()]
    assert site["role"].name in [each["name"] for each in identity.role_list()]
    assert site["region"].id in [each["name"] for each in identity.region_list()]
    assert [each["id"] for each in identity.service_list(TYPE)] == [site["service"].id]


def test_assignments_by_hand(modules, site):
    identity = modules.openstack_identity
    where = {"name": site["user"].name, "project": site["project"].name}
    assert identity.assignment_get(**where) == []
    assert identity.assignment_add(roles=["admin", "reader"], **where) == ["admin", "reader"]
    assert identity.assignment_remove(roles=["admin", "member"], **where) == ["reader"]
    assert identity.assignment_list(user=site["user"].name) == [
        {
            "role": "reader",
            "user": site["user"].name,
            "user_domain": "Default",
            "project": site["project"].name,
            "project_domain": "Default",
        }
    ]
    assert {"admin"} <= {each["role"] for each in identity.assignment_list(project="admin")}
    assert any(each.get("system") for each in identity.assignment_list())


def test_catalog_shows_what_clients_get(modules, site):
    identity = modules.openstack_identity
    place = (site["service"].name, TYPE, "public")
    identity.endpoint_create(*place, IMAGE, f"{PREFIX}one")
    assert identity.catalog()[TYPE] == {f"{PREFIX}one": {"public": IMAGE}}
    assert [each["url"] for each in identity.endpoint_list(type=TYPE)] == [IMAGE]
    identity.endpoint_update(*place, f"{PREFIX}one", enabled=False)
    assert identity.catalog().get(TYPE, {}) == {}


def test_unknown_things_by_hand(modules):
    none = f"{PREFIX}{uuid.uuid4().hex}"
    identity = modules.openstack_identity
    for call in (
        lambda: identity.project_update(none),
        lambda: identity.user_update(none),
        lambda: identity.user_list(domain=none),
        lambda: identity.role_update(none),
        lambda: identity.service_update(none, none),
        lambda: identity.endpoint_update(none, none, "public", none),
        lambda: identity.region_update(none),
        lambda: identity.password_matches(none, KEY),
    ):
        with pytest.raises(Exception, match="does not exist"):
            call()
