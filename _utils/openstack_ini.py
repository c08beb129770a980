"""
Files of oslo.config: from text to options and back, keeping what is not ours to change.

A file is ``{section: {option: [values]}}``: an option that stands on several lines has several values. A line that
starts with white space continues the value before it. The format is that of
https://docs.openstack.org/oslo.config/latest/configuration/format.html.
"""

import re

HEADER = "# Managed by Salt (openstack_config): changes made here by hand are lost."
DEFAULT = "DEFAULT"

_OPTION = re.compile(r"^(?P<name>[^\s:=#;\[][^:=]*?)\s*[:=](?P<value>.*)$", re.DOTALL)
_SECRET = re.compile(
    r"password|passwd|secret|(^|_)(key|keys|token|token_id)$|transport_url$|connection(_string)?$|backend_argument"
)


def is_secret(option):
    """Tell by its name whether an option holds a secret."""
    return _SECRET.search(str(option).lower()) is not None


def text(value):
    """Return a value as it is written in a file: booleans in lower case, everything else as ``str`` has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def values(value):
    """Return a value or a list as the list of strings of an option."""
    return [text(item) for item in (value if isinstance(value, (list, tuple)) else [value])]


def fits(value):
    """Tell whether a value can stand in a file and be read back: no blank line, no control character in it."""
    lines = value.split("\n")
    if len(lines) > 1 and any(not line.strip() or line != line.strip() for line in lines):
        return False
    return not any(ord(letter) < 32 and letter not in "\t\n" for letter in value)


def parse(content):
    """
    Return the options of a file, ``{section: {option: [values]}}``.

    content
        Text of the file.
    """
    options = {}
    for kind, section, option, value in _items(content):
        if kind == "option":
            options.setdefault(section, {}).setdefault(option, []).append(value)
    return options


def render(options, header=HEADER):
    """
    Return the text of a file that holds these options and nothing else, sections in order, ``DEFAULT`` first.

    options
        ``{section: {option: [values]}}``.

    header
        First line.
    """
    parts = [header, ""]
    for section in sorted(options, key=lambda name: (name != DEFAULT, name)):
        parts += [f"[{section}]"]
        parts += [_line(option, value) for option, items in sorted(options[section].items()) for value in items]
        parts += [""]
    return "\n".join(parts)


def update(content, changes, header=HEADER):
    """
    Return the text with some options changed; comments, blank lines and all other options stay as they are.

    content
        Text of the file.

    changes
        ``{section: {option: [values] or None}}``; ``None`` takes the option out.

    header
        First line, added when it is not there.
    """
    wanted = {section: dict(options) for section, options in changes.items()}
    lines, ends, written = [], {}, set()
    for kind, section, option, raw in _items(content, raw=True):
        if kind == "option" and option in wanted.get(section, {}):
            if (section, option) not in written:
                written.add((section, option))
                lines += [_line(option, value) for value in wanted[section][option] or []]
        else:
            lines += raw
        if kind in ("option", "section"):
            ends[section] = len(lines)
    _insert(lines, ends, wanted, written)
    if header not in lines:
        lines.insert(0, header)
    return "\n".join(lines).rstrip("\n") + "\n"


def _insert(lines, ends, wanted, written):
    """Add the options that the file did not have: at the end of their section, new sections at the end of the file."""
    for section in sorted(wanted, key=lambda name: ends.get(name, len(lines) + 1), reverse=True):
        new = [
            _line(option, value)
            for option, items in sorted(wanted[section].items())
            if (section, option) not in written
            for value in items or []
        ]
        if new and section in ends:
            lines[ends[section] : ends[section]] = new
    while lines and not lines[-1].strip():
        lines.pop()
    for section in sorted(section for section in wanted if section not in ends):
        new = [_line(option, value) for option, items in sorted(wanted[section].items()) for value in items or []]
        if new:
            lines += ["", f"[{section}]", *new]


def _line(option, value):
    """One option. Further lines of a value are indented; quotes keep what the reader would strip."""
    first, *rest = value.split("\n")
    if first != first.strip() or (first and first[0] == first[-1] and first[0] in "\"'"):
        first = f'"{first}"'
    return "\n    ".join([f"{option} = {first}".rstrip(" "), *rest])


def _items(content, raw=False):
    """
    Yield ``(kind, section, option, value)`` for each thing in a file; ``raw`` gives the lines of it in place of the
    value. Kinds are section, option, other (comments, blank lines, and what oslo.config would refuse).
    """
    section, held = DEFAULT, None
    for line in content.split("\n"):
        if held and line[:1] in (" ", "\t") and line.strip():
            held[1].append(line)
            continue
        if held:
            yield _held(section, *held, raw)
            held = None
        name = _OPTION.match(line)
        if line.startswith("["):
            section = line.strip()[1:].rstrip("]")
            yield "section", section, None, [line] if raw else line
        elif name:
            held = (name["name"], [line])
        else:
            yield "other", section, None, [line] if raw else line
    if held:
        yield _held(section, *held, raw)


def _held(section, option, lines, raw):
    if raw:
        return "option", section, option, lines
    first = _OPTION.match(lines[0])["value"].strip()
    if first and first[0] == first[-1] and first[0] in "\"'":
        first = first[1:-1]
    return "option", section, option, "\n".join([first, *(line.strip() for line in lines[1:])])
