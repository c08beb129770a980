"""
How the states of ``openstack_identity`` are made of its execution functions: ``get``, ``create``, ``update`` and
``remove`` of one kind, whose arguments have the names of the attributes.
"""

import functools

import openstack_states
from openstack_errors import Conflict, Invalid

_DEFAULT_PROJECT = ("default_project", "default_project_domain")


def loadable(name, execution):
    """Return what ``__virtual__`` of a state module returns: its name, or why not; ``execution`` is ``__salt__``."""
    if "openstack_identity.login" in execution:
        return name
    return False, "execution module openstack_identity is not available: state.apply glance.client.python"


class States:
    """
    The states over one set of execution functions.

    execution
        ``__salt__``.

    test
        ``__opts__["test"]``.

    profile
        Who asks which cloud.
    """

    def __init__(self, execution, test, profile):
        self.execution = execution
        self.test = test
        self.profile = profile

    def call(self, function, *args, **arguments):
        """Call an execution function as the profile."""
        return self.execution[f"openstack_identity.{function}"](*args, **arguments, profile=self.profile)

    def converge(self, name, label, wanted, read, write):
        """``openstack_states.converge`` in this run's mode."""
        return openstack_states.converge(name, label, wanted, read, write, self.test)

    def present(self, kind, label, name, place, attributes, **more):
        """Make an object what it should be; arguments as of :py:class:`Declared`."""
        declared = Declared(self, kind, label, name, place, attributes, **more)
        return self.converge(name, label, declared.wanted, declared.read, declared.write)

    def absent(self, kind, label, name, place, check=None, **arguments):
        """
        Remove one object.

        kind, label, name, place
            As of :py:class:`Declared`.

        check
            Called with the object when there is one; what it raises makes the state fail before anything is changed.
            Default ``None``.

        arguments
            More arguments of the ``remove`` function.
        """

        def read():
            found = self.call(f"{kind}_get", name, **place)
            if found and check:
                check(found)
            return found and {key: value for key, value in found.items() if value not in (None, "", [], {})}

        def write(current, changes):
            self.call(f"{kind}_remove", name, **place, **arguments)

        return self.converge(name, label, None, read, write)

    def listed(self, name, label, key, declared, exact, get, add, remove):
        """
        Converge a list of things that another has: roles of a user, users of a group.

        key
            What the list is called in ``changes``.

        declared
            What must be in it.

        exact
            Whether nothing else may be in it.

        get, add, remove
            Execution functions that read it, and that take a list of what to add or remove.
        """

        def read():
            there = get()
            relevant = there if exact else [each for each in there if each in declared]
            return {key: relevant} if relevant else None

        def write(current, changes):
            there = current[key] if current else []
            missing = [each for each in declared if each not in there]
            extra = [each for each in there if each not in declared]
            for change, things in ((add, missing), (remove, extra)):
                if things:
                    change(things)

        return self.converge(name, label, {key: declared} if declared else None, read, write)

    def unlisted(self, name, label, key, declared, get, remove):
        """
        Take things out of a list that another has; arguments as :py:meth:`listed`.

        declared
            What must not be in it, ``None`` for all.
        """

        def read():
            relevant = [each for each in get() if declared is None or each in declared]
            return {key: relevant} if relevant else None

        def write(current, changes):
            remove(current[key])

        return self.converge(name, label, None, read, write)


class Declared:
    """
    One object as it should be, and how it is read and written.

    states
        The :py:class:`States` that it belongs to.

    kind
        What the execution functions' names begin with.

    label
        The object in the words of an operator.

    name
        Its name.

    place
        What identifies it beside its name, as arguments of those functions.

    attributes
        What it should be; ``None`` for what is not looked at.

    former
        A name under which it may be found, and is renamed then. Default ``None``.

    read
        Called with a name, returns the object. Default: the ``get`` function.

    stand_ins
        Arguments that are written in place of attributes, ``{"password": {"password_pillar": …}}``. Default: none.

    fixed
        Attributes that Keystone cannot change: the state fails when they differ. Default: none.

    after
        Functions without arguments that write attributes which are not a part of the object, by attribute; called when
        the rest is written. Default: none.
    """

    def __init__(
        self, states, kind, label, name, place, attributes, former=None, read=None, stand_ins=None, fixed=(), after=None
    ):
        self._states = states
        self._kind = kind
        self._label = label
        self._name = name
        self._place = place
        self._attributes = {key: value for key, value in attributes.items() if value is not None}
        self._former = former
        self._look = read or functools.partial(states.call, f"{kind}_get", **place)
        self._stand_ins = stand_ins or {}
        self._fixed = fixed
        self._after = after or {}
        self.wanted = {("service" if kind == "endpoint" else "name"): name, **place, **self._attributes}

    def read(self):
        """Return the object as it is, ``None`` when there is none."""
        found = self._look(self._name)
        if found is None and self._former:
            found = self._look(self._former)
        if found and "options" in self._attributes:
            found["options"] = {key: found["options"].get(key) for key in self._attributes["options"]}
        self._check_fixed(found)
        self._check_supported(found)
        return found

    def write(self, current, changes):
        """Create the object or change what differs."""
        try:
            self._write(current, changes)
        except Conflict:
            there = self.read() if current is None else None
            if there is None:
                raise
            # another run made it since it was looked up: go on from there
            self._write(there, openstack_states.diff(there, self.wanted))
        for key in set(self._after) & set(changes):
            self._after[key]()

    def _write(self, current, changes):
        values = self._values(changes)
        if current is None:
            self._states.call(f"{self._kind}_create", self._name, **self._place, **values)
            return
        now = current.get("name", self._name)
        if now != self._name:
            values["new_name"] = self._name
        if values:
            self._states.call(f"{self._kind}_update", now, **self._place, **values)

    def _values(self, changes):
        """What to write, as arguments of the execution function."""
        keys = set(changes) & set(self._attributes) - set(self._after)
        if keys & set(_DEFAULT_PROJECT):
            keys |= set(_DEFAULT_PROJECT)
        values = {key: self._attributes[key] for key in keys - set(self._stand_ins)}
        for key in keys & set(self._stand_ins):
            values |= self._stand_ins[key]
        return values

    def _check_fixed(self, found):
        for key in set(self._fixed) & set(self._attributes) if found else ():
            now, wanted = found.get(key), self._attributes[key]
            if now != wanted:
                raise Invalid(
                    f"{key} is {now!r} and should be {wanted!r}, which Keystone never changes: remove the object and"
                    " have it made again, or declare what it is"
                )

    def _check_supported(self, found):
        """What this version of the API cannot keep is refused in test mode too."""
        changes = {key: change["new"] for key, change in openstack_states.diff(found, self._attributes).items()}
        if found and found.get("name", self._name) != self._name:
            changes["name"] = self._name
        if changes or found is None:
            self._states.call("supported", self._kind, changes, new=found is None)
