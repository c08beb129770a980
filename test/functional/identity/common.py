"""Names and secrets that the tests of openstack_identity share."""

PREFIX = "formula-"
PASSWORD = "aaa'\"\\%s ü {{ x }} $(y)"
OTHER = "bbb: another, # one"
KEY, OTHER_KEY = "glance:identity:password", "glance:identity:other"
IMAGE = "http://image-node.example.org:9292"
TYPE = "formula-image"
# What a name may end in: nothing special, and all at once that an URL, a shell, SQL, Jinja or YAML could trip over.
TAILS = {"plain": "plain name", "hostile": "-'\"` 50%25 %s a?c=d&e#f ünï-日本 {{ jinja }}\nline"}
LOCKOUT = 20


def new(**attributes):
    """The changes of an object that is made."""
    return {key: {"old": None, "new": value} for key, value in attributes.items()}
