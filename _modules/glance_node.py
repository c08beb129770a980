"""
What one host can tell of itself: the ``glance`` runner asks it of every host of a site.

.. versionadded:: 1.0.0

Each function returns a list of rows, ``{"host": …, "check": …, "result": "ok" | "failed" | "not checked",
"detail": …}``. What is checked follows from ``glance:roles``. Nothing is changed; :py:func:`verify` makes an image of
its own and removes it again.
"""

import glance_libraries
import glance_node_preflight
import glance_node_status
import glance_node_verify
import glance_questions

__virtualname__ = "glance_node"


def __virtual__():
    return __virtualname__


def preflight(strict=False):
    """
    Check whether this host is ready for its roles.

    strict
        Whether a missing Python library, and what cannot be checked without it, is a failure. Default ``False``: it is
        "not checked", since a deployment installs it first.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_node.preflight
    """
    return glance_node_preflight.answer(_question(strict))


def missing_libraries():
    """
    Return the Python packages that this formula's modules need and Salt's own Python lacks, for pip.

    CLI Example:

    .. code-block:: bash

        salt '*' glance_node.missing_libraries
    """
    return glance_libraries.missing()


def status():
    """
    Tell how this host's roles are: services, versions, schema, API, images, catalogue.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_node.status
    """
    return glance_node_status.answer(_question())


def verify(write=True):
    """
    Prove that this host's roles work: the catalogue by its URLs, the API by an image that goes up, comes back and goes.

    write
        Whether the proof with the image is made. Default ``True``; ``False`` only asks.

    CLI Example:

    .. code-block:: bash

        salt 'image*' glance_node.verify
    """
    return glance_node_verify.answer(_question(), write)


def _question(strict=True):
    return glance_questions.Question(__grains__["id"], __salt__, __pillar__, __context__, strict)
