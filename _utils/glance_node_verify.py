"""
``glance_node.verify``: the proof that the roles of this host work.

A check is a function of the :py:class:`glance_questions.Question`; the tables at the end say whose it is.
"""

import hashlib
import json
import time

import glance_checks
import glance_node_servers
import glance_proof
import glance_stores
import salt.utils.path
from openstack_errors import OpenStackError


def answer(question, write):
    """
    Return the rows, as a list.

    question
        The :py:class:`glance_questions.Question`.

    write
        Whether an image is made, or the servers are only asked.
    """
    if question.ready(quiet=True) and not question.missing:
        question.make(PROVING if write else ASKING)
    return list(question.rows)


def proof(question):
    """The API answers, and an image goes through it."""
    if glance_node_servers.answers(question):
        image(question)
    else:
        question.rows.not_checked("image goes up", "this host's API must answer first")


def image(question):
    """An image goes up, is looked at from all sides, and goes, whatever happened between."""
    rows, settings = question.rows, question.settings
    content, api = glance_proof.qcow2(), glance_node_servers.api(question)
    with rows.checking("image goes up"):
        started = time.monotonic()
        made = glance_proof.upload(api, glance_proof.name(), content)
        rows.ok("image goes up", f"{glance_checks.size(len(content))} in {time.monotonic() - started:.2f} s")
        store, path = _place(settings, made)
        try:
            _comes_back(rows, api, made, content)
            _lies(rows, settings, store, path, len(content))
            _is_qcow2(question, path)
        finally:
            _goes(rows, api, made, path)


def _place(settings, image):
    """Name of the store that took the image, and its file; ``None`` for a store without files here."""
    backends = settings["stores"]["backends"]
    name = image.get("stores") or settings["stores"].get("default") or next(iter(backends))
    paths = [f"{each}/{image['id']}" for each in glance_stores.directories(backends.get(name, {"type": None}))]
    return name, next((path for path in paths if glance_proof.lies(path)), paths[0] if paths else None)


def _comes_back(rows, api, image, content):
    check, wanted = "image comes back", hashlib.sha512(content).hexdigest()
    with rows.checking(check):
        if glance_proof.download_digest(api, image["id"]) != wanted:
            raise OpenStackError("what comes back is not what went up")
        told = image.get("os_hash_value")
        if told and image.get("os_hash_algo") == "sha512" and told != wanted:
            raise OpenStackError("bit for bit, but Glance tells another sha512 than the data has")
        rows.ok(check, f"bit for bit, sha512 {wanted[:12]}…")


def _lies(rows, settings, store, path, size):
    check = "image lies in store"
    if path is None:
        rows.not_checked(check, f"store {store} keeps no files on this host")
        return
    found, user = glance_proof.lies(path), settings["api"]["directories"][0]["user"]
    if found is None:
        rows.failed(check, f"no {path}: is glance:stores:backends:{store}:datadir what the running API has?")
    elif found != {"user": user, "size": size}:
        text = f"{path} is {found['size']} bytes of {found['user']}, and should be {size} bytes of {user}"
        rows.failed(check, text)
    else:
        rows.ok(check, f"store {store}: {path}, {size} bytes of {user}")


def _is_qcow2(question, path):
    rows, check = question.rows, "image is qcow2"
    if path is None:
        rows.not_checked(check, "no file to look at on this host")
        return
    if not salt.utils.path.which("qemu-img"):
        rows.not_checked(check, "qemu-img is not here: install qemu-utils (Debian) or qemu-img (Red Hat)")
        return
    with rows.checking(check):
        found = _qemu_img(question.execution, path)
        seen = (found.get("format"), found.get("virtual-size"))
        if seen != ("qcow2", glance_proof.VIRTUAL_SIZE):
            raise OpenStackError(f"qemu-img takes it for {seen[0]} of {seen[1]} bytes")
        rows.ok(check, f"qemu-img info: {seen[0]}, virtual size {seen[1]}")


def _qemu_img(execution, path):
    command = ["qemu-img", "info", "--output=json", path]
    ran = execution["cmd.run_all"](command, python_shell=False, timeout=60, ignore_retcode=True)
    if ran["retcode"]:
        raise OpenStackError(f"qemu-img info fails: {(ran['stderr'].strip().splitlines() or ['no message'])[-1]}")
    try:
        return json.loads(ran["stdout"])
    except ValueError as exc:
        raise OpenStackError("qemu-img info answers no JSON") from exc


def _goes(rows, api, image, path):
    check, remove = "image is gone", f"openstack_image.delete {image['id']}"
    with rows.checking(check):
        try:
            api.delete(image["id"])
        except OpenStackError as exc:
            raise OpenStackError(f"{exc}; image {image['name']} is left behind, remove it: {remove}") from exc
        if api.image(image["id"]) is not None:
            raise OpenStackError(f"deleted, but still there: {remove}")
        if path and glance_proof.lies(path) is not None:
            raise OpenStackError(f"deleted, but {path} is still there")
        rows.ok(check, "removed, and its file" if path else "removed")


# the roles that need it, and the check; rows come in this order
ASKING = (
    (("identity",), glance_node_servers.catalogue),
    (("api",), glance_node_servers.answers),
)
PROVING = (
    (("identity",), glance_node_servers.catalogue),
    (("api",), proof),
)
