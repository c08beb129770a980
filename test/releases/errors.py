"""What keeps a release from running."""


class Missing(Exception):
    """This machine lacks something that a lane needs; the text says what, and how to get it."""


class Failed(Exception):
    """A command or a server ended as it should not; the text has the end of what it said."""
