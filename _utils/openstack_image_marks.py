"""
What this formula notes on images, as custom properties whose names begin with ``glance_formula_``.

========================== ============================== ============================================================
property                   value                          means
========================== ============================== ============================================================
glance_formula_catalogue   CATALOGUE of ID                declared in pillar; which pillar, see ``only_declared``
glance_formula_source_hash sha256=… of CHECKSUM           digest of the data that Glance itself does not compute
glance_formula_upload      MINION/NAME                    not whole or not verified yet; removed when it is
glance_formula_replaces    ID                             the image whose name this one took over
glance_formula_copy_of     ID of ID                       the image of another cloud that this is a copy of, where it
                                                          could not have the same id
glance_formula_retired     NAME of ID                     gave its name away, or is declared no more
glance_formula_retired_at  2026-11-24T10:00:00Z           when
========================== ============================== ============================================================

Nova copies an image's properties to a snapshot of a server made from it, and a user may set them on his own images.
So those that could bring an image to harm name its id, and a snapshot has another one.
"""

import uuid

UPLOAD = "glance_formula_upload"
RECORD = "glance_formula_source_hash"
CATALOGUE = "glance_formula_catalogue"
REPLACES = "glance_formula_replaces"
COPY_OF = "glance_formula_copy_of"
RETIRED = "glance_formula_retired"
RETIRED_AT = "glance_formula_retired_at"
TIME = "%Y-%m-%dT%H:%M:%SZ"
_NAMESPACE = uuid.UUID("3e2c1e58-2a55-5d37-9c05-4f0f6c9d3b11")
_OF = " of "


def of(text, image_id):
    """Return the value of a mark that counts for one image only."""
    return f"{text}{_OF}{image_id}"


def read(image, mark):
    """
    Return what a mark says that counts for one image only, ``None`` when the image has none of its own.

    image
        As the API shows it.

    mark
        ``CATALOGUE``, ``COPY_OF`` or ``RETIRED``.
    """
    text, _, image_id = image.get(mark, "").rpartition(_OF)
    return text if text and image_id == image["id"] else None


def uploading(image):
    """Return ``(minion, name)`` of an image whose upload is not done, ``(None, None)`` for another."""
    host, _, name = image.get(UPLOAD, "").partition("/")
    return (host, name) if name else (None, None)


def ids(name, digest):
    """
    Give the ids that an image of this name and data may have, best first, without end.

    The same everywhere: two runs that make the image at once ask Glance for the same id, and Glance gives it to one.
    Glance gives an id out once, so an image that was deleted and comes back has the next.

    name
        Name of the image.

    digest
        ``sha256=…``, ``None`` when nobody says.
    """
    number = 0
    while True:
        yield str(uuid.uuid5(_NAMESPACE, f"{name}\n{digest or ''}\n{number}"))
        number += 1
