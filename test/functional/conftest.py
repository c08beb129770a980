"""
What the tests against real servers share: the servers, and Salt's loader over this checkout.

They are those of the lab. ``GLANCE_TEST_SERVERS`` names a JSON file that says where others are:

.. code-block:: json

    {
        "database": {"host": "127.0.0.1", "port": 3306, "user": "root", "password": "…"},
        "identity": {
            "auth_url": "http://127.0.0.1:5000",
            "username": "admin",
            "password": "…",
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
            "region_name": "RegionOne"
        },
        "image": {"url": "http://127.0.0.1:9292"},
        "second": {"identity": {…}, "image": {…}}
    }

``second`` is another cloud, for the tests that copy images from one to the other.
"""

import json
import os
import pathlib
import types

import pytest
import salt.loader
from lab import servers as lab_servers
from lab.client import Lab
from saltfactories.utils.functional import Loaders

REPO = pathlib.Path(__file__).resolve().parents[2]


def _named():
    """The servers of the file that ``GLANCE_TEST_SERVERS`` names, ``None`` without one."""
    path = os.environ.get("GLANCE_TEST_SERVERS")
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8")) if path else None


@pytest.fixture(scope="session")
def servers():
    """What the file says, else the lab's host with all roles, which is deployed for it if it is not yet."""
    if (named := _named()) is not None:
        return named
    if not os.environ.get("GLANCE_LAB"):
        pytest.skip("no servers: ./lab test brings them up, or GLANCE_TEST_SERVERS names a JSON file with others")
    lab = Lab.attach()
    lab_servers.ensure(lab, "geneva")
    return lab_servers.of_node(lab, "geneva-node")


@pytest.fixture(scope="session")
def messaging():
    """Where RabbitMQ is: what the file says, else the lab's db-node, which has it before a site is deployed."""
    return (_named() or {}).get("messaging", {"node": "db-node"})


@pytest.fixture(scope="session")
def second(servers):
    """Another cloud: what the file has as ``second``, else the lab's site of three hosts."""
    if os.environ.get("GLANCE_TEST_SERVERS"):
        if "second" not in servers:
            pytest.skip("the file that GLANCE_TEST_SERVERS names has no second cloud")
        return servers["second"]
    lab = Lab.attach()
    lab_servers.ensure(lab, "zurich")
    return lab_servers.cloud(lab, "auth-node", "image-node")


@pytest.fixture(scope="session")
def server(servers):
    """One of them: ``server("identity")``."""

    def one(name):
        if name not in servers:
            pytest.skip(f"the file that GLANCE_TEST_SERVERS names has no {name}")
        return servers[name]

    return one


@pytest.fixture(scope="module")
def pillar():
    """The pillar of a module's tests: a module overrides it."""
    return {}


@pytest.fixture(scope="module")
def minion_opts(salt_factories, tmp_path_factory, pillar):
    roots = tmp_path_factory.mktemp("pillar")
    (roots / "top.sls").write_text("base: {'*': [data]}", encoding="utf-8")
    (roots / "data.sls").write_text("#!json\n" + json.dumps(pillar), encoding="utf-8")
    factory = salt_factories.salt_minion_daemon(
        "functional",
        overrides={
            "file_client": "local",
            "file_roots": {"base": [str(REPO)]},
            "pillar_roots": {"base": [str(roots)]},
            "module_dirs": [str(REPO)],
            "enable_fqdns_grains": False,
            "enable_gpu_grains": False,
        },
    )
    return factory.config.copy()


@pytest.fixture(scope="module")
def loaders(minion_opts):
    return Loaders(minion_opts, loaded_base_name=f"{__name__}.loaded")


@pytest.fixture(autouse=True)
def reset_loaders_state(loaders):
    yield
    loaders.reset_state()


@pytest.fixture
def forget_images(loaders):
    """Forgets what was listed of images, as at the end of a run, but not its tokens."""

    def forget():
        for key in [key for key in loaders.context if key.startswith("openstack_image.")]:
            del loaders.context[key]

    return forget


@pytest.fixture
def modules(loaders):
    return loaders.modules


@pytest.fixture
def states(loaders):
    return loaders.states


@pytest.fixture(scope="module")
def state(loaders):
    """Runs a state function from Salt's loader without a state run around it, which takes a third of a second."""
    loaded = salt.loader.states(
        loaders.opts, loaders.modules, loaders.utils, loaders.serializers, context=loaders.context
    )

    def run(function, test=False, **arguments):
        loaded.opts["test"] = test
        return types.SimpleNamespace(**loaded[function](**arguments))

    return run
