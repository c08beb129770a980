"""
Errors of the ``openstack_*`` and ``glance_*`` modules.

Each is a Salt error, so a state, a command line and a runner treat it as Salt's own. The class says what kind of
trouble it is; the message says which object, which host or URL, which pillar key, and what to do about it. A message
never carries a secret, nor the text of a library's exception that may quote one.
"""

from salt.exceptions import CommandExecutionError, SaltInvocationError


class OpenStackError(CommandExecutionError):
    """The server or the command answered, and the answer is a failure."""


class Unreachable(OpenStackError):
    """Nobody could be asked: refused connection, no route, time out. Says nothing about what is there."""


class Refused(OpenStackError):
    """The server knows who asks, or does not believe it, and says no: wrong password, missing privilege."""


class Conflict(OpenStackError):
    """The server says no because of what is there: the id is taken, or the object's state does not allow it."""


class Spent(OpenStackError):
    """The id was given to something that is deleted, and the server gives an id out once."""


class Ambiguous(OpenStackError):
    """A name stands for more than one object; the message lists their ids."""


class NotStarted(OpenStackError):
    """A service does not answer with the configuration it has been given; the message has its last words."""


class Invalid(SaltInvocationError):
    """An argument or a pillar value is not usable; nothing was asked or changed."""


EXPECTED = (CommandExecutionError, SaltInvocationError)
