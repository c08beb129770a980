"""
Digests of image data, written ``sha256=<hexadecimal>``: what ``source_hash`` says, what a sums file lists, what a file
here has.
"""

import hashlib
import re

import openstack_image_signature
from openstack_errors import Invalid, OpenStackError
from openstack_image_digests import SOURCE
from openstack_image_source import file_name, local_path, opened
from openstack_image_stream import BLOCK, shown

SUMS_LIMIT = 4 * 1024 * 1024
_LENGTHS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_DIGEST = re.compile(r"(?:([A-Za-z0-9]+)\s*[=:]\s*)?([0-9A-Fa-f]+)")
_BSD = re.compile(r"^(?P<algorithm>[A-Za-z0-9]+) \((?P<name>.+)\) = (?P<digest>[0-9a-fA-F]+)$")
_GNU = re.compile(r"^\\?(?P<digest>[0-9a-fA-F]+)(?: [ *](?P<name>.+))?$")


def wanted(source, source_hash, access, fetch):
    """
    Return the digest that a source should have, ``sha256=…``, ``None`` when nobody says.

    source, access
        As in ``openstack_image_source.opened``.

    source_hash
        ``sha512=…``, ``sha256=…``, ``md5=…`` (or another of that family, or the bare digits), or the URL or path of a
        sums file that names the source. Default ``None``: the file's own sha512 where the source is a file here or on
        the master, and nothing for one on a server.

    fetch
        ``openstack_image_fetch.Fetch``. Where the digest is of the source, but not of the data that Glance keeps, it
        is returned as ``source:sha256=…``.

    Raises :py:exc:`Invalid` for a digest that is none, and what reading the file or the sums file raises.
    """
    if source_hash and source_hash.startswith(SOURCE):
        return SOURCE + "=".join(parsed(source_hash.removeprefix(SOURCE)))
    found = _found(source, source_hash, access, fetch)
    of_source = fetch.hashes_source or (fetch.decompress and not source_hash)
    return found and (SOURCE if of_source else "") + "=".join(found)


def split(digest):
    """Return ``(algorithm, hexadecimal, whether it is of the source only)`` of ``source:sha256=…`` or ``sha256=…``."""
    algorithm, _, value = digest.removeprefix(SOURCE).partition("=")
    return algorithm, value, digest.startswith(SOURCE)


def refuse_other(label, algorithm, found, wanted):
    """
    Raise :py:exc:`OpenStackError` when data has another digest than the declared one.

    label
        What the message calls the data.

    algorithm, found, wanted
        Algorithm, and both digests in hexadecimal.
    """
    if found != wanted:
        raise OpenStackError(
            f"{label} has {algorithm}={found}, declared is {algorithm}={wanted}: correct source_hash if the file was"
            f" replaced on purpose, and do not use the file otherwise"
        )


def _found(source, source_hash, access, fetch):
    if not source_hash:
        path = local_path(source, access.cached)
        return path and ("sha512", file_digest(path))
    given = parsed(source_hash)
    if given:
        return given
    sums = small_file(source_hash, access)
    if fetch.signature:
        inline = fetch.signature == openstack_image_signature.INLINE
        signature = None if inline else small_file(fetch.signature, access)
        keys = small_file(fetch.keyring, access)
        sums = openstack_image_signature.verified(sums, signature, keys, shown(source_hash), fetch.keyring)
    return listed(sums.decode("utf-8", "replace"), source, shown(source_hash))


def parsed(text):
    """
    Return ``(algorithm, digest)`` of ``sha256=…``, ``sha256:…`` or a bare digest, ``None`` for anything else.

    text
        A ``source_hash`` as Salt takes it.
    """
    match = _DIGEST.fullmatch(text.strip())
    if not match:
        return None
    algorithm, digest = match.groups()
    expected = _LENGTHS.get(len(digest))
    algorithm = (algorithm or expected or "").lower()
    if algorithm != expected:
        raise Invalid(f"source_hash {text} is not a digest: {algorithm or 'it'} has another number of digits")
    return algorithm, digest.lower()


def listed(text, source, where):
    """
    Return ``(algorithm, digest)`` of a source from the text of a sums file (``SHA256SUMS`` of GNU or BSD form).

    text
        The file. One digest without a name stands for the source whatever it is called.

    source
        The source; its last part is the name that is looked for.

    where
        Address of the file, for the message.

    Raises :py:exc:`OpenStackError` when the name is not in it. Another file's digest is never taken.
    """
    name = file_name(source)
    alone = None
    for line in (line.strip() for line in text.splitlines()):
        match = _BSD.match(line) or _GNU.match(line)
        if not match or len(match["digest"]) not in _LENGTHS:
            continue
        digest = match["digest"].lower()
        found = (_LENGTHS[len(digest)], digest)
        if match["name"] is None:
            alone = found if alone is None else False
        elif match["name"].strip().rpartition("/")[2] == name:
            return found
    if alone:
        return alone
    raise OpenStackError(f"{where} has no digest of {name}: is it the sums file of {shown(source)}?")


def file_digest(path, algorithm="sha512"):
    """Return the hexadecimal digest of a file, read in blocks."""
    digest = hashlib.new(algorithm)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def small_file(source, access):
    """Return the bytes of a small file, such as a sums file, from any kind of source; arguments as ``opened`` has."""
    read = bytearray()
    with opened(source, access) as stream:
        for block in stream.blocks:
            read += block
            if len(read) > SUMS_LIMIT:
                raise OpenStackError(f"{stream.label} is no sums file: it is larger than {SUMS_LIMIT >> 20} MiB")
    return bytes(read)
