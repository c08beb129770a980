"""How the tests themselves ask a cloud."""

import keystoneauth1.identity
import keystoneauth1.session


def session(auth, timeout=60):
    """Each request has a connection of its own: Keystone's uWSGI leaves a second one waiting for 4 seconds."""
    made = keystoneauth1.session.Session(auth=keystoneauth1.identity.Password(**auth), timeout=timeout)
    made.session.hooks["response"].append(lambda response, **_: response.connection.close())
    return made
