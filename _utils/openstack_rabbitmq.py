"""
What a RabbitMQ broker defines: virtual hosts, users, permissions, policies.

Everything is read by one ``rabbitmqctl export_definitions``, kept for a run and read again after something was
written. What is written goes through ``rabbitmqctl import_definitions``, which merges.
"""

import json
import os
import re
import tempfile

import openstack_rabbitmqctl
from openstack_errors import Invalid, OpenStackError

_CONTEXT = "openstack_messaging.definitions"


class Broker:
    """
    The broker of this host.

    context
        ``__context__``, where what was read is kept.

    grains
        ``__grains__``, for the name of this host in messages.
    """

    def __init__(self, context, grains):
        self._context = context
        self._here = grains.get("id") or "this host"

    def version(self):
        """Return the broker's version, ``3.10.8``."""
        found = self._definitions()
        return found.get("rabbitmq_version") or found.get("rabbit_version")

    def all(self, kind):
        """Return all definitions of a kind, hashes of passwords included: ``vhosts``, ``users``, ``policies``."""
        return self._definitions().get(kind, [])

    def one(self, kind, **key):
        """Return the definition that has these values, ``None`` when there is none."""
        return next((item for item in self.all(kind) if all(item.get(name) == key[name] for name in key)), None)

    def write(self, kind, item, quote=True):
        """
        Create or change one definition.

        It goes through a file that only the broker's user reads, and that lasts as long as the command: rabbitmqctl of
        RabbitMQ 4.0 on Erlang 27 (Debian 13) waits for ever for the end of its standard input.

        kind, item
            As in :py:meth:`all`.

        quote
            Whether an error may quote what rabbitmqctl said.
        """
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="rabbitmq-", suffix=".json") as file:
            user = openstack_rabbitmqctl.system_user()
            if user and os.geteuid() == 0:
                os.fchown(file.fileno(), user["user"], user["group"])
            json.dump({kind: [item]}, file)
            file.flush()
            return self.change("import_definitions", file.name, "--format", "json", quote=quote)

    def change(self, *command, quote=True):
        """Run a command that changes something: what was read before is read again after it."""
        try:
            openstack_rabbitmqctl.run(self._here, *command, quote=quote)
        finally:
            self._context.pop(_CONTEXT, None)
        return True

    def ask(self, *command):
        """Run a command that answers in JSON, and return its answer."""
        answer = openstack_rabbitmqctl.run(self._here, *command)
        try:
            return json.loads(answer)
        except ValueError:
            raise OpenStackError(
                f"rabbitmqctl {command[0]} on {self._here} did not answer in JSON: needs RabbitMQ 3.8.2"
            ) from None

    def _definitions(self):
        if _CONTEXT not in self._context:
            self._context[_CONTEXT] = self.ask("export_definitions", "-", "--format", "json")
        return self._context[_CONTEXT]


def name(value):
    """Return a name that a broker can have, or raise :py:exc:`Invalid`."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise Invalid(f"{value!r} is no name of a RabbitMQ object: a string, not empty")
    return value


def tags(value):
    """Return tags as a sorted list: releases before 3.9 export a string. Raises :py:exc:`Invalid`."""
    listed = value.split(",") if isinstance(value, str) else list(value or [])
    if not all(isinstance(tag, str) and "," not in tag for tag in listed):
        raise Invalid("tags must be a list of strings without commas")
    return sorted({tag.strip() for tag in listed if tag.strip()})


def check_pattern(key, value):
    """Refuse under ``test=True`` what the broker would refuse: Python's expressions are close to Erlang's."""
    try:
        re.compile(value)
    except (re.error, TypeError):
        raise Invalid(f"{key}: {value!r} is no regular expression") from None
