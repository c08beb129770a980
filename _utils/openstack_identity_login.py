"""
What comes of an attempt to log in: to know whether a password or a secret is right, it is tried.
"""

try:
    import keystoneauth1.exceptions as ka_exceptions
    import keystoneauth1.identity

    _PLUGINS = {3: keystoneauth1.identity.Password, 2: keystoneauth1.identity.V2Password}
except ImportError:
    pass  # openstack_session tells what is missing

RIGHT, WRONG, EXPIRED, LOCKED = "right", "wrong", "expired", "locked"
# Keystone's words for why it refuses; anything else may be a wrong password.
_REASONS = {"expired": EXPIRED, "locked": LOCKED}


def attempt(keystone, what, user_id, password):
    """
    Try a user's password.

    keystone
        The ``Keystone`` of ``openstack_identity_client.py``.

    what
        What is being asked, for the message of an error.

    user_id
        Id of the user.

    password
        What is tried; it is in no message.

    Returns one of the constants above. Raises as ``openstack_session.asking`` when nobody could be asked.
    """
    log_in = _PLUGINS[keystone.found["identity_api_version"]]
    plugin = log_in(auth_url=keystone.found["auth_url"], user_id=user_id, password=password)
    return _come_of(keystone, what, plugin, password)


def attempt_credential(keystone, what, id, secret):
    """Try the secret of an application credential; arguments and result as :py:func:`attempt`."""
    plugin = keystoneauth1.identity.V3ApplicationCredential(
        auth_url=keystone.found["auth_url"],
        application_credential_id=id,
        application_credential_secret=secret,
    )
    return _come_of(keystone, what, plugin, secret)


def _come_of(keystone, what, plugin, secret):
    with keystone.asking(what, (secret,)):
        try:
            plugin.get_auth_ref(keystone.session)
        except ka_exceptions.Unauthorized as exc:
            words = str(exc.message).lower()
            return next((come for word, come in _REASONS.items() if word in words), WRONG)
        except ka_exceptions.MissingAuthMethods:
            return RIGHT  # Keystone wants a second factor
    return RIGHT
