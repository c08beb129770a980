"""A salt-master and three minions on this machine, no servers: for what is decided before a server is asked."""

import pathlib

import pytest

REPO = pathlib.Path(__file__).resolve().parents[3]

TOP = """
base:
  site-*:
    - match: glob
    - {{ grains['id'] | replace('.', '_') }}
"""
ONE = """
glance:
  site: zurich
  roles: [{roles}]
  database: {{password: S3cr3t-of-the-test}}
"""


STEP = """
{name}:
  glance_site.preflight: []
"""


@pytest.fixture(scope="session")
def site_states(tmp_path_factory):
    """An orchestration for each site that a test names: ``preflight-zurich``."""
    root = tmp_path_factory.mktemp("states")
    for name in ("zurich", "oslo"):
        (root / f"preflight-{name}.sls").write_text(STEP.format(name=name), encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def site_master(salt_factories, site_states):
    return salt_factories.salt_master_daemon(
        "master-of-sites",
        defaults={"interface": "127.0.0.1", "auto_accept": True, "open_mode": True, "worker_threads": 3},
        overrides={
            "file_roots": {"base": [str(REPO), str(site_states)]},
            "module_dirs": [str(REPO)],
            "fileserver_followsymlinks": False,
            "timeout": 3,
            "gather_job_timeout": 3,
        },
    )


@pytest.fixture(scope="session")
def site_pillar(site_master):
    """Writes a minion's pillar: ``site_pillar("site-db", "database, messaging")``; text, or a list of roles."""

    def write(minion, text):
        path = site_master.pillar_tree.base.write_path / f"{minion}.sls"
        path.write_text(text if ":" in text else ONE.format(roles=text), encoding="utf-8")

    with site_master.pillar_tree.base.temp_file("top.sls", TOP):
        write("site-db", "database, messaging")
        write("site-auth", "identity")
        write("site-image", "api, client")
        yield write


@pytest.fixture(scope="session")
def site_minions(site_master, site_pillar):
    minions = [
        site_master.salt_minion_daemon(name, overrides={"enable_fqdns_grains": False})
        for name in ("site-db", "site-auth", "site-image")
    ]
    with site_master.started(), minions[0].started(), minions[1].started(), minions[2].started():
        yield {minion.id: minion for minion in minions}


@pytest.fixture
def sound_site(site_minions, site_pillar):
    """Every role on one host; what a test writes into the pillars is undone."""
    site_pillar("site-db", "database, messaging")
    site_pillar("site-auth", "identity")
    site_pillar("site-image", "api, client")
    return site_pillar


@pytest.fixture
def salt_run(site_master, sound_site):
    return site_master.salt_run_cli(timeout=None)
