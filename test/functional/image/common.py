"""What the tests of images share."""

from functional import images

REGION = "images-under-test"
SECRET = "not in any message"
GOOD = images.qcow2()
OTHER = images.qcow2(b"another content\n")


def assert_nothing_left(found, name):
    """Nothing of this name is in Glance, nor anything whose name begins so."""
    assert found(name) == []


def sent(window, method):
    """What went through the window with this method: ``[[method, path, bytes]]``."""
    return [entry for entry in window.log if entry[0] == method]
