"""
What is known of an image's data by its digests: pure logic, nobody is asked here.

Glance notes md5 and one more, sha512 where nobody chose another; a digest by a third algorithm, or of the source where
that is not what Glance keeps, is noted at the upload.
"""

from openstack_image_marks import RECORD

# Begins a digest of the source file where that is not what Glance keeps: a compressed one, one that Glance converts.
SOURCE = "source:"
NOT_RECORDED = ", not recorded"
_WHOLE = ("active", "deactivated")


def digests(image):
    """Return ``{algorithm: digest}`` of an image's data as far as Glance, or this formula at the upload, noted them."""
    found = {}
    if image["status"] not in _WHOLE:  # after a broken upload it is queued again, but keeps the hashes of the piece
        return found
    if image.get("checksum"):
        found["md5"] = image["checksum"]
    if image.get("os_hash_algo") and image.get("os_hash_value"):
        found[image["os_hash_algo"]] = image["os_hash_value"]
    digest, _, bond = image.get(RECORD, "").partition(" of ")
    # The bond tells the upload's image from a snapshot that Nova made of its server, properties and all.
    if bond and bond == _bond(image):
        algorithm, _, value = digest.partition("=")
        found.setdefault(algorithm, value)
    return found


def record(image, digest):
    """Return the value of the property that notes a digest, ``sha256=…``, which Glance itself does not compute."""
    return f"{digest} of {_bond(image)}"


def must_be_read(image, digest):
    """Tell whether only reading all of an image's data can say if it has a digest; of its source it never can."""
    if not digest or digest.startswith(SOURCE) or image["status"] not in _WHOLE:
        return False
    return digest.split("=")[0] not in digests(image)


def content(image, digest):
    """Return the digest of an image's data, by the algorithm of ``digest`` where it is known; ``None`` without data."""
    known = digests(image)
    algorithm, _, value = digest.partition("=")
    if algorithm.startswith(SOURCE) and known.get(algorithm.removeprefix(SOURCE)) == value:
        return digest  # Glance made nothing else of the source
    for candidate in (algorithm, image.get("os_hash_algo"), "md5"):
        if candidate in known:
            return f"{candidate}={known[candidate]}"
    return None


def other_content(changes):
    """Tell whether the data differs, and not only the note about it."""
    change = changes.get("content")
    return change is not None and change["old"] != change["new"] + NOT_RECORDED


def _bond(image):
    return image.get("checksum") or image.get("os_hash_value") or "nothing"
