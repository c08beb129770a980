"""In whose name version 3 is asked: the project's, or the system's where Keystone wants that."""

import types

import keystoneauth1.exceptions as ka_exceptions
import openstack_identity_v3
import pytest
from openstack_errors import Refused


class Manager:
    """One kind of object for one token: everything answers with a row, or raises."""

    collection_key = key = "x"

    def __init__(self, answer):
        self._answer = answer
        self.client = types.SimpleNamespace(get=self.ask, delete=self.ask)

    def ask(self, *_, **__):
        if isinstance(self._answer, Exception):
            raise self._answer
        return None, {"x": [self._answer]}

    def create(self, **_):
        self.ask()
        return types.SimpleNamespace(to_dict=lambda: self._answer)


@pytest.fixture
def keystone(monkeypatch):
    """``keystone(of the project, of the system)``: what each token gets."""

    def make(project, system):
        found = openstack_identity_v3.V3(None, {"source": "profile test"})

        managers = {False: Manager(project), True: Manager(system)}
        kinds = openstack_identity_v3.KINDS.values()
        clients = {scope: types.SimpleNamespace(**dict.fromkeys(kinds, each)) for scope, each in managers.items()}
        monkeypatch.setattr(found, "_client", lambda system=False: clients[system])
        return found

    return make


FORBIDDEN, UNAUTHORIZED = ka_exceptions.Forbidden(), ka_exceptions.Unauthorized()


def test_the_system_is_asked_only_when_the_project_is_refused(keystone):
    assert keystone({"id": "p"}, UNAUTHORIZED).create("registered limit", {}) == {"id": "p"}
    assert keystone(FORBIDDEN, {"id": "s"}).create("registered limit", {}) == {"id": "s"}
    with pytest.raises(ka_exceptions.Forbidden):
        keystone(FORBIDDEN, {"id": "s"}).create("service", {})


@pytest.mark.parametrize("ask", [lambda v3: v3.create("registered limit", {}), lambda v3: v3.list("limit")])
def test_who_has_no_role_on_the_system_is_told_so(keystone, ask):
    with pytest.raises(Refused, match=r"profile test: its user has no role on the system.*--system all"):
        ask(keystone(FORBIDDEN, UNAUTHORIZED))
