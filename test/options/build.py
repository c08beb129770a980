"""
Makes glance/options.json: which options each release has, and what each takes.

    python test/options/build.py --glance CLONE [--installed DUMP …]

``CLONE`` is a git clone of https://opendev.org/openstack/glance with its tags: the sample files of every release are in
it. A ``DUMP`` is what ``dump.py`` printed in an environment with that release of Glance installed; it has what samples
lack, options of middleware and of drivers, and decides for its release. Between two such releases an option that both
have is taken to be there.

What is written, by section and option, is a list of ``[first, last, specification]``: majors of Glance from and to
which it holds. A specification has ``type`` (none: a string), ``items`` (type of a list's items), ``min``, ``max``,
``choices``, ``multi`` (several lines), ``brackets`` (a list that is written in them) and ``old`` (names that this
release still reads it by). ``flavors`` has in the same way where the
paste file says which filters a request goes through: ``[section, option, filters]``.
"""

import argparse
import json
import pathlib
import re
import subprocess

import sample

TARGET = pathlib.Path(__file__).resolve().parents[2] / "glance" / "options.json"
OLD_TAGS = {8: "2014.1.5", 9: "2014.2.4", 10: "2015.1.4"}
FIRST, LAST = 8, 33
BY_HAND = 11  # first release whose samples are made by oslo-config-generator, so complete
SAMPLES = re.compile(r"^etc/glance-(api|cache|image-import|manage|registry|scrubber)\.conf(\.sample)?$")
PIPELINE = re.compile(r"^\[pipeline:glance-api(-?)(\S*)\]\n(?:#.*\n)*pipeline\s*=(.*)$", re.MULTILINE)
COMPOSITE = re.compile(r"^\[composite:api\]\n((?:.+\n)+)", re.MULTILINE)
KEYS = ("type", "items", "min", "max", "choices", "multi", "brackets", "old")
DEFAULTS = (("type", "string"), ("old", []))


def git(clone, *arguments):
    """Return what git says."""
    return subprocess.run(["git", "-C", clone, *arguments], check=True, capture_output=True, text=True).stdout


def tag(clone, major):
    """Return the newest tag of a major version, or the branch master where there is none yet."""
    if major in OLD_TAGS:
        return OLD_TAGS[major]
    tags = [name for name in git(clone, "tag").split() if re.fullmatch(rf"{major}\.\d+\.\d+", name)]
    return max(tags, key=lambda name: [int(part) for part in name.split(".")], default="master")


def samples(clone, revision):
    """Return the options of all sample files of one revision, ``{(section, option): specification}``."""
    found = {}
    for path in git(clone, "ls-tree", "--name-only", revision, "etc/").split():
        if SAMPLES.match(path):
            for section, options in sample.read(git(clone, "show", f"{revision}:{path}")).items():
                for option, spec in options.items():
                    found[section, option] = {**spec, **found.get((section, option), {})}
    return found


def flavors(clone, revision):
    """Return the flavors of the API's paste file, ``{flavor: [section, option, filters and application]}``."""
    text = git(clone, "show", f"{revision}:etc/glance-api-paste.ini")
    found = {
        flavor or "default": [f"pipeline:glance-api{dash}{flavor}", "pipeline", " ".join(filters.split())]
        for dash, flavor, filters in PIPELINE.findall(text)
    }
    several = COMPOSITE.search(text)
    for line in several[1].splitlines()[1:] if several else ():  # the first names the factory
        flavor, filters = line.split("=", 1)
        found[flavor.strip()] = ["composite:api", flavor.strip(), " ".join(filters.split())]
    return found


def installed(paths):
    """Return what the dumps have, ``{major: (version, {(section, option): specification})}``."""
    found = {}
    for path in paths:
        dump = json.loads(path.read_text(encoding="utf-8"))
        options = {
            (section, option): spec for section, each in dump["options"].items() for option, spec in each.items()
        }
        found[int(dump["glance"].split(".")[0])] = (dump["glance"], options)
    return found


def release(major, sampled, dumps):
    """Return the options of one release."""
    if major in dumps:
        own = dumps[major][1]
        sections = {section for section, _ in own}
        known = {*own, *(name for name in sampled if name[0] not in sections)}
        return {name: {**sampled.get(name, {}), **own.get(name, {})} for name in known}
    before = dumps.get(max((each for each in dumps if each < major), default=None), ("", {}))[1]
    after = dumps.get(min((each for each in dumps if each > major), default=None), ("", {}))[1]
    between = {name: spec for name, spec in before.items() if name in after}
    return {**between, **{name: {**between.get(name, {}), **spec} for name, spec in sampled.items()}}


def completed(releases):
    """
    Add to the releases whose samples people wrote what the first complete sample has: options of sections that they
    have too, and of other sections the names that these options had before.
    """
    complete = next(iter(options for major, options in releases.items() if major == BY_HAND))
    for major, options in releases.items():
        sections = {section for section, _ in options}
        for (section, option), spec in complete.items() if major < BY_HAND else ():
            names = [(section, option)] if section in sections else []
            old = [tuple(name.split("/")) for name in spec.get("old", [])]
            if not any(name in options for name in old):
                names += [name for name in old if not names and name[0] in sections]
                options.update({name: dict(spec, old=[]) for name in names if name not in options})
    return releases


def typed(releases):
    """
    Give an option the type that newer releases say it has, where people wrote the sample file, and the brackets, which
    oslo-config-generator leaves out before Rocky.
    """
    known = {}
    for options in reversed(releases.values()):
        for name, spec in options.items():
            newer = known.get(name, {})
            if "type" not in spec:
                spec.update(newer)
            elif newer.get("brackets"):
                spec["brackets"] = True
            for each in (name, *(tuple(old.split("/")) for old in spec.get("old", []))):
                known[each] = {key: spec[key] for key in ("type", "multi", "brackets") if key in spec}
    return releases


def ranges(releases):
    """Return ``{section: {option: [[first, last, specification], …]}}``."""
    found = {}
    for major, options in releases.items():
        for (section, option), spec in options.items():
            shown = {key: spec[key] for key in KEYS if key in spec and (key, spec[key]) not in DEFAULTS}
            add(found.setdefault(section, {}).setdefault(option, []), major, shown)
    return found


def add(runs, major, what):
    """Make the last run longer, or begin another."""
    if runs and runs[-1][1] == major - 1 and runs[-1][2] == what:
        runs[-1][1] = major
    else:
        runs.append([major, major, what])


def text(sources, pipes, options):
    """Return the file: one line an option, so that a new release reads as a diff."""
    sections = []
    for section in sorted(options):
        lines = [f"   {json.dumps(name)}: {json.dumps(runs)}" for name, runs in sorted(options[section].items())]
        sections.append(f"  {json.dumps(section)}: {{\n" + ",\n".join(lines) + "\n  }")
    head = json.dumps(sources, indent=1).replace("\n", "\n ")
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(runs)}" for name, runs in sorted(pipes.items()))
    found = ",\n".join(sections)
    return f'{{\n "sources": {head},\n "flavors": {{\n{lines}\n }},\n "options": {{\n{found}\n }}\n}}\n'


def main():
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--glance", required=True, help="git clone of Glance")
    parser.add_argument("--installed", nargs="*", default=[], type=pathlib.Path, help="what dump.py printed")
    args = parser.parse_args()
    dumps = installed(args.installed)
    tags = {major: tag(args.glance, major) for major in range(FIRST, LAST + 1)}
    releases = {major: release(major, samples(args.glance, name), dumps) for major, name in tags.items()}
    sources = {
        str(major): f"{dumps[major][0]} installed" if major in dumps else f"samples of {name}"
        for major, name in tags.items()
    }
    pipes = {}
    for major, name in tags.items():
        for flavor, place in flavors(args.glance, name).items():
            add(pipes.setdefault(flavor, []), major, place)
    TARGET.write_text(text(sources, pipes, ranges(typed(completed(releases)))), encoding="utf-8")


if __name__ == "__main__":
    main()
