"""
Which Python packages this formula's modules need in Salt's own Python.
"""

import glance_checks

INSTALLS = "state.apply glance.client.python installs them"
SCHEMA = "jsonschema"
# what Salt's own Python needs, by the role that needs it: {module: package}
_BY_ROLE = {
    "database": {"pymysql": "PyMySQL"},
    "identity": {"keystoneauth1": "keystoneauth1", "keystoneclient": "python-keystoneclient"},
    "api": {"keystoneauth1": "keystoneauth1"},
    "images": {"keystoneauth1": "keystoneauth1"},
}
_FOR_ALL = {"jsonschema": SCHEMA}
# all of them, whatever the role: what pip installs is the same on every host
_ALL = {
    **_FOR_ALL,
    "pymysql": "PyMySQL",
    "keystoneauth1": "keystoneauth1",
    "keystoneclient": "python-keystoneclient",
    "glanceclient": "python-glanceclient",
    "oslo_config": "oslo.config",
    "oslo_utils": "oslo.utils",
    "cryptography": "cryptography",
}


def of_roles(roles):
    """Return what some roles need, as ``{module: package}``."""
    wanted = dict(_FOR_ALL)
    for role in roles:
        wanted.update(_BY_ROLE.get(role, {}))
    return wanted


def missing():
    """Return which packages are missing of those that any role needs, as a list."""
    return glance_checks.missing(_ALL)
