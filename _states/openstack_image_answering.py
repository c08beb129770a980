"""
Whether OpenStack Glance answers.

.. versionadded:: 1.0.0

.. code-block:: yaml

    glance-answers:
      openstack_image.answering:
        - timeout: 120
"""

import time

from openstack_errors import OpenStackError, Refused
from openstack_profile import PROFILE
from openstack_states import converge

__virtualname__ = "openstack_image"


def __virtual__():
    if "openstack_image.show" in __salt__:
        return __virtualname__
    return False, "the execution module openstack_image is not loaded: it needs keystoneauth1 in Salt's own Python"


def answering(name, profile=PROFILE, timeout=60):
    """
    Wait until Glance answers a request that needs Keystone and the database.

    name
        URL of one API host, ``http://image-node:9292``; anything else is a label, and the endpoint in the catalogue is
        asked.

    profile
        Who asks which cloud. Default ``glance:identity:admin``. Credentials that Keystone does not accept are an error
        at once, but under ``test=True`` a reason why it does not answer: the run may be the one that makes the user.

    timeout
        Seconds to wait at most. Default ``60``.

    ``changes`` are ``{"api": {"old": why it did not answer, "new": "answering"}}``, empty when it answered the first
    time. Under ``test=True`` it is asked once.
    """
    url = name if "://" in name else None

    def read():
        try:
            answer = __salt__["openstack_image.answering"](profile, url)
        except Refused as exc:
            if not __opts__["test"]:
                raise
            return {"api": str(exc)}
        return {"api": answer["error"] or "answering"}

    def write(current, _changes):
        end = time.monotonic() + timeout
        while current["api"] != "answering":
            left = end - time.monotonic()
            if left <= 0:
                raise OpenStackError(
                    f"no answer within {timeout} s; last: {current['api']}. Look into the journal of the API service on"
                    f" the image node: journalctl -u glance-api (openstack-glance-api on Red Hat)"
                )
            time.sleep(min(1, left))
            current = read()

    label = f"Image API {name}"
    ret = converge(name, label, {"api": "answering"}, read, write, __opts__["test"])
    if ret["changes"] and ret["result"] is not False:
        ret["comment"] = f"{label} {'does not answer yet' if __opts__['test'] else 'answers now'}"
    return ret
