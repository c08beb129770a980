"""
What Keystone should hold: domains, projects, users, groups, roles and who has them, the catalogue, application
credentials and limits.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance-identity-user:
      openstack_identity.user_present:
        - name: glance
        - password_pillar: glance:identity:password

Every function takes

profile
    Who asks which cloud: the name of a pillar (or minion configuration) key or a mapping, see
    ``_utils/openstack_profile.py``. Default ``glance:identity:admin``.

Names are looked up inside their domain; a name that stands for several objects is an error that lists their ids. An
attribute that is not declared (``None``) stays as it is.

What refers to something that does not exist yet (an endpoint to its service, roles to their user) is planned under
``test=True`` as if it did, since a state before it may create it. The real run says what is missing.
"""

import openstack_identity_states

__virtualname__ = "openstack_identity"


def __virtual__():
    return openstack_identity_states.loadable(__virtualname__, __salt__)
