"""How glance/options.json is made: sample files read, releases merged, and what is written."""

import json
import pathlib
import sys

import pytest

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "test" / "options"))

import build  # noqa: E402
import sample  # noqa: E402

SAMPLE = """\
[DEFAULT]

#
# From glance.api
#

#
# Number of workers. Possible values:
#     * a number
#
# Minimum value: 0 is not meant here
#  (integer value)
# Minimum value: 1
# Maximum value: 64
#workers = <None>

# Where it is (port value)
# Minimum value: 0
# Maximum value: 65535
#bind_port = 9292

# How (string value)
# Possible values:
# sqlite - <No description provided>
# xattr - in the file system
#driver = sqlite

# How (string value)
# Allowed values: MAC, ENCRYPT
#security = <None>

# Methods (list
# value)
#methods = [a,b]

# Names (list value)
#names = a,b

# Drivers (multi valued)
# Deprecated group/name - [DEFAULT]/notification_driver
# Deprecated group/name - [old]/driver
#notifications =

# Ratio (floating point value)
# Minimum value: 0.5
#ratio = 0.75

[database]
connection = mysql://x
"""


def test_a_sample_says_what_an_option_takes():
    assert sample.read(SAMPLE) == {
        "DEFAULT": {
            "workers": {"type": "integer", "min": 1, "max": 64},
            "bind_port": {"type": "port"},
            "driver": {"type": "string", "choices": ["sqlite", "xattr"]},
            "security": {"type": "string", "choices": ["MAC", "ENCRYPT"]},
            "methods": {"type": "list", "brackets": True},
            "names": {"type": "list"},
            "notifications": {"type": "string", "multi": True, "old": ["DEFAULT/notification_driver", "old/driver"]},
            "ratio": {"type": "float", "min": 0.5},
        },
        "database": {"connection": {}},
    }


def test_what_is_installed_decides_for_its_release():
    sampled = {("a", "x"): {"multi": True}, ("a", "stale"): {}, ("b", "y"): {}}
    dumps = {20: ("20.0.0", {("a", "x"): {"type": "list"}})}
    assert build.release(20, sampled, dumps) == {("a", "x"): {"multi": True, "type": "list"}, ("b", "y"): {}}


def test_between_two_that_have_it_a_release_has_it():
    dumps = {15: ("15.0.2", {("a", "x"): {}, ("a", "gone"): {}}), 17: ("17.0.1", {("a", "x"): {}, ("a", "new"): {}})}
    assert build.release(16, {("a", "z"): {"type": "float"}}, dumps) == {("a", "x"): {}, ("a", "z"): {"type": "float"}}


def test_types_of_what_people_wrote_come_from_newer_releases():
    releases = {10: {("DEFAULT", "old"): {}}, 11: {("new", "name"): {"type": "list", "old": ["DEFAULT/old"]}}}
    assert build.typed(releases)[10] == {("DEFAULT", "old"): {"type": "list"}}


def test_what_people_left_out_comes_from_the_first_complete_sample():
    complete = {("a", "x"): {}, ("b", "y"): {"old": ["a/oldy"]}, ("c", "z"): {}}
    found = build.completed({10: {("a", "w"): {}}, 11: complete})
    assert found[10].keys() == {("a", "w"), ("a", "x"), ("a", "oldy")}
    assert found[11] == complete


def test_ranges_end_where_something_changes():
    releases = {
        8: {("a", "x"): {"type": "string"}},
        9: {("a", "x"): {}},
        10: {("a", "x"): {"min": 0}},
        11: {},
        12: {("a", "x"): {}},
    }
    assert build.ranges(releases) == {"a": {"x": [[8, 9, {}], [10, 10, {"min": 0}], [12, 12, {}]]}}


def test_the_file_is_json_with_a_line_an_option():
    text = build.text({"8": "samples"}, {"keystone": [[8, 9, ["a", "b", "c"]]]}, {"s": {"o": [[8, 9, {}]], "p": []}})
    assert json.loads(text) == {
        "sources": {"8": "samples"},
        "flavors": {"keystone": [[8, 9, ["a", "b", "c"]]]},
        "options": {"s": {"o": [[8, 9, {}]], "p": []}},
    }
    assert '   "o": [[8, 9, {}]],\n' in text


@pytest.mark.parametrize(
    ("option", "major", "expected"),
    [
        ("DEFAULT/image_cache_driver", 27, {"choices": ["sqlite", "xattr"]}),
        ("DEFAULT/enabled_import_methods", 16, {"type": "list", "brackets": True}),
        ("glance_store/filesystem_store_datadirs", 33, {"multi": True}),
        ("DEFAULT/rabbit_host", 8, {}),
        ("DEFAULT/disk_formats", 8, {"type": "list"}),
    ],
)
def test_the_file_that_is_shipped(option, major, expected):
    section, name = option.split("/")
    runs = json.loads(build.TARGET.read_text(encoding="utf-8"))["options"][section][name]
    (found,) = [spec for first, last, spec in runs if first <= major <= last]
    assert found == expected


def test_the_file_that_is_shipped_is_small():
    """It is sent to each minion."""
    assert build.TARGET.stat().st_size < 100_000
