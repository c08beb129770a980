"""Sites of real releases, each started once for all tests that ask for it."""

import contextlib
import pathlib
import tempfile

import pytest
from releases import formula
from releases import site as release_site
from releases.errors import Missing
from releases.lanes import LANES


@pytest.fixture(scope="session")
def start():
    """Starts a release, once: ``start("pike")``; skips where this machine lacks what it needs, and says what."""
    with contextlib.ExitStack() as running:
        started = {}

        def one(name, **options):
            if name not in started:
                directory = running.enter_context(tempfile.TemporaryDirectory(prefix=f"glance-{name}-"))
                try:
                    site = release_site.running(LANES[name], pathlib.Path(directory), say=print, **options)
                    started[name] = running.enter_context(site)
                except Missing as reason:
                    pytest.skip(str(reason))
            return started[name]

        yield one


@pytest.fixture(scope="session")
def pike(start):
    """Keystone 12 and Glance 15 with glance-registry: Identity v2.0, Image API v1. Glance's own user is not made."""
    return start("pike", register=False)


@pytest.fixture(scope="session")
def registered(pike, tmp_path_factory):
    """
    Glance in Keystone, by this formula and over Identity v2.0: the results of glance.identity planned, applied and
    applied again, and the pillar.
    """
    given = pike.pillar["glance"]
    identity = {
        **given["identity"],
        "auth_url": f"{pike.keystone.url}/v2.0",
        "admin": {"password": pike.keystone.password},
        "roles": ["admin"],
        # as the tutorials of the time have it: the URL ends in the version
        "endpoints": {"public": f"{pike.image_url}/v2"},
    }
    pillar = {"glance": {"release": given["release"], "region": given["region"], "identity": identity}}
    cache = tmp_path_factory.mktemp("salt")
    runs = [formula.apply("glance.identity", pillar, cache, test=test) for test in (True, False, False, True)]
    return pillar, runs


@pytest.fixture
def run(state, loaders):
    """One state in a run of its own: nothing is remembered from the one before."""

    def once(function, test=False, **arguments):
        loaders.context.clear()
        return state(function, test=test, **arguments)

    return once


@pytest.fixture
def converges(run):
    """Run a state in test mode, for real, and twice again; return its changes."""

    def check(function, **arguments):
        planned, done = run(function, test=True, **arguments), run(function, **arguments)
        assert planned.result is None, planned.comment
        assert done.result is True, done.comment
        assert done.changes == planned.changes
        assert done.changes
        for test in (False, True):
            again = run(function, test=test, **arguments)
            assert (again.result, again.changes) == (True, {}), again.comment
        return done.changes

    return check


@pytest.fixture
def refused(run):
    """Run a state that must fail alike in both modes; return its comment."""

    def check(function, **arguments):
        results = [run(function, test=test, **arguments) for test in (True, False)]
        assert [(ret.result, ret.changes) for ret in results] == [(False, {})] * 2, [ret.comment for ret in results]
        assert results[0].comment == results[1].comment
        return results[0].comment

    return check
