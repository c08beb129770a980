"""Glance from PyPI in a virtual environment: from bare hosts, again, with drift, and in place of the packages."""

import authority
import pytest

from . import orchestration, site, test_5_tls

pytestmark = pytest.mark.slow
VENV = "/opt/glance"
PILLAR = {"glance": {"install": "venv", "release": "hibiscus"}}
PRESENT, ABSENT = "glance-api-venv-present", "glance-api-venv-absent"
HOSTS = site.SITES["zurich"].all


@pytest.fixture(scope="module")
def packages(servers):
    """Before and after: the site as the checkout's pillar has it, which other tests go on with."""
    yield
    site.strip(servers, "zurich")
    run = orchestration.deploy(servers, "zurich")
    assert run.code == 0, f"the site is not back to packages:\n{run}"


@pytest.fixture(autouse=True)
def pillar(pillar, packages):
    pillar.merge(dict.fromkeys(HOSTS, PILLAR))
    return pillar


@pytest.fixture(scope="module")
def bare_of_all(servers, packages):
    site.strip(servers, "zurich")


def sound(lab, salt_run):
    """The runners find nothing wrong, and it is Glance of the environment that answers."""
    for question in ("preflight", "status", "verify"):
        done = salt_run.run(f"glance.{question}", site="zurich")
        failed = [row for row in done.data["rows"] if row["result"] == "failed"]
        assert not failed, f"glance.{question}: {failed}"
        if question == "status":
            rows = {row["check"]: row["detail"] for row in done.data["rows"]}
            assert rows[f"environment {VENV}"].startswith("Glance 33.0.0 of hibiscus"), rows
    node = lab.node("image-node")
    main = node.run("systemctl", "show", "--property=MainPID", "--value", "glance-api").stdout.strip()
    assert VENV in node.read(f"/proc/{main}/cmdline"), node.run("systemctl", "status", "glance-api", check=False).stdout
    left = node.run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", "glance-*", check=False).stdout
    assert not {"glance-api installed", "glance-common installed"} & set(left.splitlines()), left


def unchanged(lab):
    before = site.snapshot(lab, "zurich")
    for test in (True, False):
        run = orchestration.deploy(lab, "zurich", test=test)
        assert run.code == 0, f"the second run fails:\n{run}"
        assert not run.changes(), f"the second run changes something, and must not:\n{run}"
    touched = site.differences(before, site.snapshot(lab, "zurich"))
    assert not touched, "the second run said that it changes nothing, but:\n" + "\n".join(touched)


def test_from_bare_hosts(lab, bare_of_all, salt_run):
    plan = orchestration.deploy(lab, "zurich", test=True)
    assert plan.code == 0, f"the plan fails:\n{plan}"
    run = orchestration.deploy(lab, "zurich")
    assert run.code == 0, f"it cannot be deployed:\n{run}"
    changes = run.state("image-node", PRESENT).changes
    assert changes["glance"] == {"old": None, "new": "33.0.0"}
    assert plan.state("image-node", PRESENT).changes == changes
    sound(lab, salt_run)
    unchanged(lab)


def test_what_somebody_installed_is_seen_and_repaired(lab, apply, salt_run):
    node = lab.node("image-node")
    node.run(f"{VENV}/bin/pip", "uninstall", "--yes", "python-swiftclient", timeout=120)
    wanted = {"python-swiftclient"}
    plan = apply("image-node", "glance.api", test=True)[PRESENT]
    assert (plan.result, set(plan.changes)) == (None, wanted), plan
    done = apply("image-node", "glance.api")
    failed = [f"{each.id}: {each.comment}" for each in done.values() if each.result is False]
    assert not failed, failed
    assert done[PRESENT].changes == plan.changes
    assert "process" in done["glance-api-service-running"].changes, "Glance must be restarted in the new environment"
    assert not orchestration.changes(apply("image-node", "glance.api"))


def test_in_place_of_the_packages(lab, pillar, salt_run):
    pillar.clear()
    site.strip(lab, "zurich")
    run = orchestration.deploy(lab, "zurich")
    assert run.code == 0, f"with packages it cannot be deployed:\n{run}"
    images = site.snapshot(lab, "zurich")["images"]
    assert images

    pillar.merge(dict.fromkeys(HOSTS, PILLAR))
    plan = orchestration.deploy(lab, "zurich", test=True)
    assert plan.code == 0, f"the plan fails:\n{plan}"
    run = orchestration.deploy(lab, "zurich")
    assert run.code == 0, f"the packages' place cannot be taken:\n{run}"
    removed = run.state("image-node", "glance-api-venv-replaced").changes
    assert {"glance-api", "glance-common"} <= set(removed)
    assert set(plan.state("image-node", PRESENT).changes) == set(run.state("image-node", PRESENT).changes)
    assert site.snapshot(lab, "zurich")["images"] == images
    sound(lab, salt_run)
    unchanged(lab)


def test_behind_tls(lab, pillar, salt_run):
    """The whole site, by its orchestration: uWSGI moves to the loopback, HAProxy takes its port."""
    root, node = authority.Authority("Lab root"), lab.node("image-node")
    node.write(test_5_tls.TRUSTED, root.pem)
    node.run("update-ca-certificates")
    glance = {**PILLAR["glance"], "identity": {"endpoints": test_5_tls.ENDPOINTS}}
    front = {**glance, "api": {"tls": {"enabled": True, **test_5_tls.pair(root)}}}
    try:
        pillar.merge({host: {"glance": front if host == node.name else glance} for host in HOSTS})
        plan = orchestration.deploy(lab, "zurich", test=True)
        assert plan.code == 0, f"the plan fails:\n{plan}"
        run = orchestration.deploy(lab, "zurich")
        assert run.code == 0, f"TLS cannot be switched on:\n{run}"
        sound(lab, salt_run)
        unchanged(lab)
        assert "CURRENT" in test_5_tls.curl(lab, node.name, f"https://{test_5_tls.HOST}:9292/")
    finally:
        pillar.merge(dict.fromkeys(HOSTS, PILLAR))
        run = orchestration.deploy(lab, "zurich")
        node.run("rm", test_5_tls.TRUSTED)
        node.run("update-ca-certificates", "--fresh")
    assert run.code == 0, f"TLS cannot be switched off:\n{run}"
    assert "CURRENT" in test_5_tls.curl(lab, "auth-node", f"http://{test_5_tls.HOST}:9292/")


def test_the_environment_goes_where_packages_are_wanted(lab, pillar, apply):
    """Only that: the packages of trixie are of an older release, for which the database is too new."""
    node = lab.node("image-node")
    assert node.run("systemctl", "is-active", "glance-api").stdout.strip() == "active"
    pillar.clear()
    plan, run = (apply("image-node", "glance.api.venv", test=test) for test in (True, False))
    assert run[ABSENT].changes == plan[ABSENT].changes
    assert run[ABSENT].changes["glance"] == {"old": "33.0.0", "new": None}
    left = [f"{each.id}: {each.comment}" for each in run.values() if each.result is not True]
    assert not left, left
    for path in (VENV, f"{VENV}.1", f"{VENV}.2", "/etc/systemd/system/glance-api.service"):
        assert node.run("test", "-e", path, check=False).returncode, f"{path} is still there"
    assert node.run("systemctl", "is-active", "glance-api", check=False).stdout.strip() == "inactive"
    assert not orchestration.changes(apply("image-node", "glance.api.venv"))


def test_refusals(apply, pillar):
    pillar.merge({"image-node": {"glance": {"install": "venv", "release": "epoxy"}}})
    with pytest.raises(AssertionError, match=r"has no glance/constraints/epoxy\.txt"):
        apply("image-node", "glance.api", test=True)
