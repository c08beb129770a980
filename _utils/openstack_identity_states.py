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

    def present(
        self, kind, label, name, place, attributes, former=None, read=None, stand_ins=None, fixed=(), after=None
    ):
        """
        Converge one object.

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
            Functions without arguments that write attributes which are not a part of the object, by attribute; called
            when the rest is written. Default: none.
        """
        look = read or functools.partial(self.call, f"{kind}_get", **place)
        declared = _given(attributes)

        def find():
            found = look(name)
            if found is None and former:
                found = look(former)
            if found and "options" in declared:
                found["options"] = {key: found["options"].get(key) for key in declared["options"]}
            for key in fixed:
                _check_fixed(label, key, found, declared)
            self._check_supported(kind, name, found, declared)
            return found

        def write(current, changes):
            try:
                self._write(kind, name, place, current, self._values(changes, declared, stand_ins or {}, after or {}))
            except Conflict:
                there = find() if current is None else None
                if there is None:
                    raise
                # another run made it since it was looked up: go on from there
                left = openstack_states.diff(there, wanted)
                self._write(kind, name, place, there, self._values(left, declared, stand_ins or {}, after or {}))
            for key in set(after or {}) & set(changes):
                after[key]()

        wanted = {("service" if kind == "endpoint" else "name"): name, **place, **declared}
        return self.converge(name, label, wanted, find, write)

    def absent(self, kind, label, name, place, check=None, **arguments):
        """
        Remove one object.

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
            for change, wanted in (
                (add, [each for each in declared if each not in there]),
                (remove, [each for each in there if each not in declared]),
            ):
                if wanted:
                    change(wanted)

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

    def _check_supported(self, kind, name, found, declared):
        """What this version of the API cannot keep is refused in test mode too."""
        changes = {key: change["new"] for key, change in openstack_states.diff(found, declared).items()}
        if found and found.get("name", name) != name:
            changes["name"] = name
        if changes or found is None:
            self.call("supported", kind, changes, new=found is None)

    def _write(self, kind, name, place, current, values):
        if current is None:
            self.call(f"{kind}_create", name, **place, **values)
            return
        now = current.get("name", name)
        if now != name:
            values["new_name"] = name
        if values:
            self.call(f"{kind}_update", now, **place, **values)

    @staticmethod
    def _values(changes, declared, stand_ins, after):
        values = {key: change["new"] for key, change in changes.items() if key in declared and key not in after}
        if set(_DEFAULT_PROJECT) & set(values):
            values |= {key: declared[key] for key in _DEFAULT_PROJECT}
        for key in set(stand_ins) & set(values):
            values.pop(key)
            values |= stand_ins[key]
        return values


def _check_fixed(label, key, found, declared):
    if found and key in declared and found.get(key) != declared[key]:
        raise Invalid(
            f"{key} is {found.get(key)!r} and should be {declared[key]!r}, which Keystone never changes:"
            f" remove {label[0].lower()}{label[1:]} and have it made again, or declare what it is"
        )


def _given(attributes):
    return {key: value for key, value in attributes.items() if value is not None}
