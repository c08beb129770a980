"""
Images of one cloud made in another, and what a cloud offers, in the form in which clouds are compared.

.. versionadded:: 1.0.0

The ``glance`` runner asks these of whole sites: ``salt-run glance.replicate`` and ``salt-run glance.images``.
"""

import openstack_image_api
import openstack_image_lock
import openstack_image_offer as offer
import openstack_image_progress
import openstack_image_replication as replication
import openstack_image_replication_plan as planning
import openstack_session
from openstack_errors import Invalid, OpenStackError
from openstack_profile import PROFILE

__virtualname__ = "openstack_image"

PARALLEL = 2


def __virtual__():
    if openstack_session.HAS_KEYSTONEAUTH:
        return __virtualname__
    return False, openstack_session.MISSING


def catalogue(profile=PROFILE):
    """
    Return what a cloud offers its users: whole images of the profile's project, and public ones.

    Left out are unfinished uploads, retired images, and snapshots and backups of servers. Each image has what clouds
    are compared by, the digests of its data included, and nothing that belongs to one cloud, such as its owner or the
    place of its data.

    profile
        Who asks which cloud. Default ``glance:identity:admin``.

    CLI Example:

    .. code-block:: bash

        salt 'image*' openstack_image.catalogue
    """
    api = _api(profile, __context__)
    return [offer.described(image) for image in offer.offered(api.images(), api.project_id)]


def replicate(source, images=None, parallel=PARALLEL, test=False, profile=PROFILE):
    """
    Make the images of another cloud in this one: the same id, attributes, members and data.

    The data goes from one Glance to the other as a stream, without a file in between. Until all of it is there and its
    hash is the source's, an image is private, named ``NAME (upload)`` and marked, so a run that is interrupted leaves
    nothing that a user sees, and the next one finishes it. A connection to the source that is cut on the way is taken
    up again where it was.

    Glance gives an id out once. Where the target's has given it to an image that was deleted, or to one whose upload
    died with Glance itself (it stays ``saving`` and takes no data ever after, so it is deleted here), the image gets
    an id that follows from name and data, and notes whose copy it is (property ``glance_formula_copy_of``). ``detail``
    says so in every run.

    An image that is there already, under the same id with the same data, is not copied; its attributes and members are
    brought in line. One that is there under the same name with the same data and another id is left as it is. What
    cannot be made the same, since its id has other data there, is an ``error`` of that image; the others go on. An
    image that the source does not have is not touched.

    An image comes to belong to the project of ``profile``. Members are the projects of the same name in the domain of
    the same name; both accounts must be allowed to list projects where an image has members.

    source
        Name of the pillar key with the account at the other cloud, described in ``_utils/openstack_profile.py``:
        ``glance:replication:sources:zurich``. It only reads. Glance gives data to the role ``member``: in a project of
        its own for public images, in the project that owns them for the others; and that of deactivated ones to an
        administrator only.

    images
        Names or ids, as list or separated by commas. Default ``None``: all that the source offers, see
        :py:func:`catalogue`. By id, an image may be had that is not offered.

    parallel
        How many images are copied at a time. Default ``2``.

    test
        Only say what would be done. Default ``False``.

    profile
        Who makes the images in which cloud. Default ``glance:identity:admin``.

    Returns a mapping for each image: ``name``, ``id``, ``action`` (``copy``, ``update``, ``none``, ``remove`` for what
    an interrupted run left of an image that is no more), ``changes`` (``{attribute: {"old", "new"}}``), ``size`` in
    bytes, ``seconds``, ``detail``, and ``error``, which is ``None`` when all is well.

    Raises ``Invalid`` for an unusable argument, ``OpenStackError`` for images that the source does not offer and while
    another run is under way, ``Unreachable`` and ``Refused`` when one of the clouds cannot be asked.

    CLI Example:

    .. code-block:: bash

        salt geneva-node openstack_image.replicate glance:replication:sources:zurich test=True
        salt geneva-node openstack_image.replicate glance:replication:sources:zurich images=cirros,debian-12
    """
    if not isinstance(parallel, int) or isinstance(parallel, bool) or parallel < 1:
        raise Invalid(f"parallel {parallel!r}: use a whole number, 1 or more")
    if not isinstance(source, str):
        raise Invalid("source is the name of a pillar key")
    theirs, ours = _api(source, __context__), _api(profile, __context__)
    # two runs at once would each go on with what the other has begun
    with openstack_image_lock.held(__opts__["cachedir"], f"the images of {source}"):
        host = planning.uploader(__opts__["id"], source)
        meant = planning.chosen(theirs.images(), _list(images), theirs.project_id)
        steps = planning.plan(meant, ours.images(), ours.project_id, host)
        for step in steps:
            replication.add_members(step, theirs, ours, lambda members: _translated(members, source, profile))
        steps += planning.leftovers(steps, theirs.images(), ours.images(), host)
        if not test:
            # threads share no session: each makes its own
            replication.carry_out(steps, lambda: (_api(source, {}), _api(profile, {})), host, parallel, _tell())
    return [step.row() for step in steps]


def _api(profile, context):
    return openstack_image_api.connect(profile, context, __pillar__, __salt__["config.get"])


def _tell():
    alone = __opts__.get("file_client") == "local"
    return openstack_image_progress.teller(__opts__, None if alone else __salt__["event.fire_master"])


def _list(images):
    if images is None or isinstance(images, (list, tuple)):
        return images
    return [name.strip() for name in str(images).split(",") if name.strip()]


def _translated(members, source, profile):
    """The same members, by the ids that projects of the same name and domain have here."""
    if not members:
        return {}
    names = {each["id"]: (each["domain"], each["name"]) for each in _projects(source)}
    ids = {(each["domain"], each["name"]): each["id"] for each in _projects(profile)}
    found = {}
    for project_id, status in members.items():
        domain, name = names.get(project_id, (None, project_id))
        if (domain, name) not in ids:
            where = f" of domain {domain}" if domain else ", which the source's Keystone does not list"
            raise OpenStackError(f"is shared with project {name}{where}, and there is no such project here: create it")
        found[ids[domain, name]] = status
    return found


def _projects(profile):
    return __salt__["openstack_identity.project_list"](profile=profile)
