"""
Real stores, of a Glance that this formula has configured: an image goes in, is copied to another store, comes back bit
for bit from each, and is deleted from both.
"""

import hashlib
import itertools

import pytest

from functional import images

# they start servers from PyPI
pytestmark = pytest.mark.slow

DATA = images.raw(3 * images.MIB + 17)  # Swift stores it in parts
SUM = hashlib.sha256(DATA).hexdigest()
WRITABLE = ("local", "several", "objects", "s3")
TYPES = {"local": "file", "several": "file", "objects": "swift", "s3": "s3", "web": "http"}


def test_all_stores_are_there(glance):
    stores = glance.stores()
    assert set(stores) == set(TYPES)
    assert [name for name, each in stores.items() if each.get("default")] == ["local"]
    assert [name for name, each in stores.items() if each.get("read-only")] == ["web"]


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(WRITABLE, 2)))
def test_an_image_goes_in_is_copied_comes_back_and_goes(glance, first, second):
    image = glance.make()
    glance.upload(image, DATA, first)
    assert glance.show(image)["stores"] == first
    assert glance.digest(image) == SUM
    glance.copy(image, second)
    assert set(glance.show(image)["stores"].split(",")) == {first, second}
    glance.remove_from(image, first)
    assert glance.show(image)["stores"] == second
    assert glance.digest(image) == SUM
    glance.remove(image)
    assert glance.status("GET", f"images/{image}") == 404
