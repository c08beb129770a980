"""What all tests share: Salt's daemons bind to this machine only, and its own log handler does not speak after us."""

import logging
import pathlib

import pytest
import salt._logging
from saltfactories.plugins.event_listener import EventListener

REPO = pathlib.Path(__file__).resolve().parent.parent

# importing salt installs a handler that would write to pytest's closed stream at exit
salt._logging.shutdown_temp_handler()
for handler in logging.root.handlers[:]:
    logging.root.removeHandler(handler)
    handler.close()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    """The log server binds 0.0.0.0 by default."""
    plugin = session.config.pluginmanager.get_plugin("saltfactories-log-server")
    if plugin is not None:
        plugin.log_host = "127.0.0.1"


@pytest.fixture(scope="session")
def event_listener():
    """In place of the plugin's own, which binds 0.0.0.0 and cannot be told otherwise."""
    listener = EventListener()
    listener.host = "127.0.0.1"
    listener.address = f"tcp://{listener.host}:{listener.port}"
    with listener:
        yield listener


@pytest.fixture(scope="session")
def salt_factories_config(tmp_path_factory):
    return {
        "code_dir": str(REPO),
        "root_dir": tmp_path_factory.mktemp("sf"),
        "inject_sitecustomize": False,
        "start_timeout": 120,
        "slow_stop": False,
    }
