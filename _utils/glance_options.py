"""
The options that a release has: what they take, what they were called before, and what is wrong with those in pillar.

Two sources say so: ``glance/options.json``, made from Glance's own lists (see ``test/options/build.py``), and, where
they are silent or wrong, ``options`` in ``glance/releases.yaml``.
"""

import difflib

import glance_releases
import glance_values
import openstack_ini

STAGING, TASKS = "os_glance_staging_store", "os_glance_tasks_store"


class Known:
    """The options of one release."""

    def __init__(self, data, registry, release, backends=None):
        """
        Take what is known.

        data
            Parsed ``releases.yaml``.

        registry
            Parsed ``options.json``.

        release
            As returned by ``glance_releases.resolve``.

        backends
            Types of the backends, each of which has a section: ``{name: type}``.
        """
        self._data, self._registry, self.release = data, registry["options"], release
        self.source = registry["sources"][str(release["glance"])]
        self.store_types = data["store_types"]
        types = {**dict.fromkeys((STAGING, TASKS), "file"), **(backends or {})}
        self.backends = {name: data["store_types"][kind]["section"] for name, kind in types.items()}

    def spec(self, section, option):
        """
        Return what an option takes, ``{}`` when only its name is known, ``None`` when the release does not have it.

        section, option
            Names as in the file.
        """
        entry, major = self._entry(section, option), self.release["glance"]
        if entry.get("removed", major + 1) <= major or entry.get("since", 0) > major:
            return None
        if self._is_unread(entry):
            return None
        for first, last, spec in self._runs(section, option):
            if first <= major <= last:
                return spec
        if entry.keys() & {"since", "removed"} or self._is_late(section, option):
            return {}
        return None

    def place(self, section, option):
        """
        Return ``(section, option)``: what the release calls an option that newer ones call so; ``None`` when it has
        nothing like it.

        section, option
            Names as in the newest release that has it.
        """
        for name in self._names(section, option):
            if self.spec(*name) is not None:
                return name
        return None

    def value(self, section, option, value):
        """
        Return what an option takes for a value of its newest name.

        section, option
            As returned by :py:meth:`place`.

        value
            In the words of the newest release.
        """
        names = self._entry(section, option).get("values", {})
        return names.get(value, value) if isinstance(value, str) else value

    def renamed(self, section, option):
        """
        Return ``(section, option)`` of the option that the release still reads by this older name, else ``None``.

        section, option
            Names as in the file.
        """
        for first, last, name in self._renames(section, option):
            if first <= self.release["glance"] <= last:
                return name
        return None

    def has_method(self, name):
        """Tell whether the release has a method of import."""
        return self._data["import_methods"][name] <= self.release["glance"]

    def swift_option(self, key):
        """
        Return what the release calls a key of an account in ``swift-store.conf``, ``None`` when it does not read it.

        key
            Key of ``references`` of a backend.
        """
        entry, major = self._data["swift_references"].get(key, {}), self.release["glance"]
        if entry.get("since", 0) <= major < entry.get("removed", major + 1):
            return entry.get("option", key)
        return None

    def problems(self, config, key, unchecked=()):
        """
        Return one line for each option that the release does not have, or that has a value that it does not take.

        config
            ``{section: {option: value}}``; ``None`` as a value takes an option out, and is always right.

        key
            Pillar key of ``config``, for the message.

        unchecked
            Sections, or ``section/option``, that are taken as they are.
        """
        return [
            line
            for section, options in config.items()
            for option, value in (options or {}).items()
            if value is not None and section not in unchecked and f"{section}/{option}" not in unchecked
            for line in self._problems(section, option, value, f"{key}:{section}:{option}")
        ]

    def _problems(self, section, option, value, key):
        spec = self.spec(section, option)
        if spec is None:
            return [f"{key}: {self._absent(section, option)}"]
        wrong = glance_values.problem(value, spec)
        if not wrong:
            return []
        given = (
            "" if openstack_ini.is_secret(option) or isinstance(value, (list, dict)) else f", not {str(value)[:60]!r}"
        )
        return [f"{key}: [{section}] {option} {wrong}{given} (glance {self.source})"]

    def _absent(self, section, option):
        """Why an option is not there, and what to do about it."""
        what, codename = f"[{section}] {option}", self.release["codename"]
        entry, name = self._entry(section, option), self.renamed(section, option)
        source = f" ({entry['source']})" if "source" in entry and not self._is_unread(entry) else ""
        if name:
            return f"{codename} calls {what} [{name[0]}] {name[1]}: use that{self._pillar(entry)}{source}"
        change = self._change(section, option, entry)
        if not change and "use" not in entry:
            return f"{codename} does not have {what}: {self._guess(section, option)} (glance {self.source})"
        before = self._before(section, option)
        use = f"use [{before[0]}] {before[1]}" if before else f"use {entry['use']}" if "use" in entry else "take it out"
        return f"{codename} does not have {what}{change}: {use}{self._pillar(entry)}{source}"

    def _change(self, section, option, entry):
        """When the option came or went, in words; empty when no release has it."""
        major, runs = self.release["glance"], [*self._runs(section, option), *self._renames(section, option)]
        if self._is_unread(entry):
            return f", which the API under {self.release['server']} does not read"
        gone = [entry["removed"]] if "removed" in entry else [last + 1 for _, last, _ in runs if last < major]
        came = [entry["since"]] if "since" in entry else [first for first, _, _ in runs if first > major]
        if gone and max(gone) <= major:
            return f", which was removed in {glance_releases.codename(max(gone), self._data)}"
        if came and min(came) > major:
            return f", which came with {glance_releases.codename(min(came), self._data)}"
        return ""

    def _is_unread(self, entry):
        """Whether the release has it, but not for the server that the package runs the API by."""
        has, server = entry.get("removed", 0) > self.release["glance"], self.release["server"]
        return has and entry.get("server", server) != server

    def _before(self, section, option):
        """What the release calls an option that came later, if it has it."""
        return next((name for name in self._names(section, option)[1:] if self.spec(*name) is not None), None)

    @staticmethod
    def _pillar(entry):
        return f", pillar key {entry['pillar']}" if "pillar" in entry else ""

    def _guess(self, section, option):
        """The nearest name that the release has: in the section, else the same name elsewhere, else the section's."""
        known = self._mine()
        close = difflib.get_close_matches(option, known.get(self._group(section), []), n=1)
        if close:
            return f"did you mean {close[0]}?"
        same = [group for group, names in known.items() if option in names and "." not in group]
        if same:
            return f"did you mean [{same[0]}] {option}?"
        close = [] if section in known else difflib.get_close_matches(section, list(known), n=1, cutoff=0.7)
        hint = f"did you mean the section [{close[0]}]? " if close else ""
        return f"{hint}Name it in glance:api:unchecked too, if a plugin of yours reads it"

    def _mine(self):
        """The names of all options of the release, by section."""
        major, late = self.release["glance"], self._data["late_options"]
        found = {section: list(late["plugin"]) for section in late["plugin_sections"]}
        for section, options in self._registry.items():
            names = [name for name, runs in options.items() if any(first <= major <= last for first, last, _ in runs)]
            if names:
                found[section] = names + found.get(section, [])
        return found

    def _names(self, section, option):
        """The names of an option, newest first."""
        names = [(section, option)]
        for name in names:
            entry = self._entry(*name)
            older = [entry["before"]] if "before" in entry else []
            older += [old for _, _, spec in self._runs(*name) for old in spec.get("old", [])]
            names += [each for each in (tuple(old.split("/")) for old in older) if each not in names]
        return names

    def _entry(self, section, option):
        return self._data["options"].get(f"{self._group(section)}/{option}", {})

    def _group(self, section):
        return self.backends.get(section, section)

    def _runs(self, section, option):
        return self._registry.get(self._group(section), {}).get(option, [])

    def _renames(self, section, option):
        """``(first, last, (section, option))`` for each option that releases read by this older name."""
        old = f"{section}/{option}"
        for group, options in self._registry.items():
            for name, runs in options.items():
                for first, last, spec in runs:
                    if old in spec.get("old", ()):
                        yield first, last, (group, name)

    def _is_late(self, section, option):
        late = self._data["late_options"]
        if section in self.backends and option in late["backends"]:
            return late["backends"][option] <= self.release["glance"]
        return section in late["plugin_sections"] and option in late["plugin"]
