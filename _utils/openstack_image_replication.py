"""
Images of one cloud made in another: the same id, attributes, members and data, in one pass each, compared by hash.

The two clouds share nothing, neither users nor projects. Whoever runs this reads from one and writes to the other; an
image comes to belong to the project of him who writes. ``openstack_image_replication_plan.py`` says what is to be done.
"""

import concurrent.futures
import contextvars
import logging
import queue
import threading
import time

import openstack_image_download
import openstack_image_offer as offer
import openstack_image_patch as patching
import openstack_image_sharing as sharing
import openstack_image_upload
from openstack_errors import EXPECTED, OpenStackError, Spent
from openstack_image_progress import Progress
from openstack_image_replication_plan import COPY, NOTHING, RECORD, REMOVE, UPDATE
from openstack_image_stream import Stream

log = logging.getLogger(__name__)

# How long Glance has to notice that an upload was cut off; one that went down itself never does.
SETTLE_TRIES = 30
SETTLE_PAUSE = 1.0
_SAVING = "saving"


def add_members(step, source, target, translated):
    """
    Add to a step what is to be done about the members of a shared image.

    source, target
        ``openstack_image_api.Api`` of the clouds.

    translated
        Called with ``{project id at the source: status}``, returns the same with the ids of the target.
    """
    if step.error or not step.image or step.image["visibility"] != "shared" or step.left:
        return
    try:
        step.members = translated(sharing.members(source, step.image["id"]))
        there = step.there if step.action in (NOTHING, UPDATE) else None
        shared = there and there["visibility"] == "shared"
        current = sharing.members(target, there["id"]) if shared else {}
    except EXPECTED as exc:
        step.error = str(exc)
        return
    if current != step.members:
        step.changes["members"] = {"old": current, "new": step.members}
        step.action = UPDATE if step.action == NOTHING else step.action


def carry_out(steps, connect, host, parallel, tell=None):
    """
    Do what steps say, several at a time; each step's ``error`` and ``seconds`` say how it went.

    steps
        From ``openstack_image_replication_plan``.

    connect
        Called once in each thread, returns ``(source, target)``, each an ``openstack_image_api.Api`` that no other
        thread has: they share no connection.

    host
        From ``openstack_image_replication_plan.uploader``.

    parallel
        How many at a time.

    tell
        Called with a line and a mapping when a long transfer has news, in the thread that called this. Default
        ``None``: nobody is told.
    """
    stop, own, news = threading.Event(), threading.local(), queue.SimpleQueue()

    def work(step):
        if stop.is_set():
            return
        begun = time.monotonic()
        try:
            if not hasattr(own, "apis"):
                own.apis = connect()
            _do(step, *own.apis, host, stop, news)
        except EXPECTED as exc:
            step.error = str(exc)
        step.seconds = time.monotonic() - begun
        log.info("Image %s: %s, %s", (step.image or step.there)["id"], step.action, step.error or "done")

    todo = [step for step in steps if step.action != NOTHING and not step.error]
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        try:
            # Salt's loader finds its dunders by a context variable, which a new thread has not
            _follow([pool.submit(contextvars.copy_context().run, work, step) for step in todo], news, tell)
        finally:
            stop.set()  # told to end: what is under way breaks off at its next block, and the next run goes on with it


def _follow(running, news, tell):
    """Wait until all is done, and tell the news meanwhile."""
    while running:
        done, running = concurrent.futures.wait(running, timeout=1)
        for future in done:
            future.result()
        while tell and not news.empty():
            tell(*news.get())


def _do(step, source, target, host, stop, news):
    if step.action == REMOVE:
        target.delete(step.there["id"])
        return
    there = step.there
    if step.action == COPY:
        progress = Progress(step.image["name"], step.image["size"], lambda *each: news.put(each))
        there = step.there = _copied(step, source, target, host, stop, progress)
    _aligned(step.image, there, target)
    if step.members is not None:
        current = sharing.members(target, there["id"])
        sharing.bring_about(target, there["id"], current, step.members)


def _copied(step, *way):
    """
    Make the image under the id of the source's; under one that follows from its name and data where Glance cannot.

    Glance gives no id out twice, and has no request that would let data into an image whose upload died with it.
    """
    image, there = step.image, step.there
    if there and there["id"] == image["id"] and _lost(way[1], image["id"]):
        step.detail = (
            f"{image['id']} was {_SAVING} since Glance there went down in an upload, and is deleted; its store may keep"
            f" a part of the data under that id, which nobody asks for"
        )
    elif there is None or there["id"] == image["id"]:
        try:
            return _uploaded(image, {"id": image["id"]}, *way)
        except Spent as exc:
            log.info("Image %s is made under another id: %s", image["name"], exc)
    return _uploaded(image, {"copy_of": image["id"]}, *way)


def _lost(target, image_id):
    """
    Whether Glance never gives up an image of an earlier run, once it had the time to.

    Nobody else is at it: there is one run at a time, and the mark says that it was ours.
    """
    for tries in range(SETTLE_TRIES):
        time.sleep(SETTLE_PAUSE if tries else 0)
        found = target.image(image_id)
        if found is None or found["status"] != _SAVING:
            return False
    return True


def _uploaded(image, identity, source, target, host, stop, progress):
    """Upload an image's data as it comes; private, marked and named otherwise until its hash is the right one."""
    blocks = _until(stop, openstack_image_download.blocks(source, image))
    stream = Stream(f"image {image['id']} at {source.base}", image["size"], blocks)
    digest = "=".join(openstack_image_download.strongest(image))
    wanted = {**identity, **_attributes(image)}
    return openstack_image_upload.upload(target, stream, digest, wanted, host, progress=progress)


def _aligned(image, there, target):
    """Change what differs of an image that has its data, with one request, and another for its status."""
    wanted = _attributes(image)
    wanted["properties"] = {**wanted["properties"], RECORD: image.get(RECORD) or there.get(RECORD)}
    if operations := patching.operations(there, wanted):
        there = target.patch(there["id"], operations)
    if there["status"] != image["status"]:
        target.action(there["id"], "deactivate" if image["status"] == "deactivated" else "reactivate")


def _attributes(image):
    found = offer.described(image)
    return {key: found[key] for key in offer.ATTRIBUTES if key != "deactivated"}


def _until(stop, blocks):
    for block in blocks:
        if stop.is_set():
            raise OpenStackError("interrupted: the next run goes on with it")
        yield block
