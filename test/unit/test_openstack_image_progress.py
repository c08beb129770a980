"""How far a transfer is, and who is told."""

import io

import openstack_image_progress as progress
import pytest

GIB = 1 << 30


class Clock:
    """Time that goes on when told."""

    now = 100.0

    def __call__(self):
        return self.now


def transfer(total, steps):
    """What is said while ``steps`` of ``(seconds, bytes)`` go by."""
    clock, said = Clock(), []
    counting = progress.Progress("cirros", total, lambda line, data: said.append((line, data)), clock=clock)
    for seconds, count in steps:
        clock.now += seconds
        counting.add(count)
    counting.end()
    return said


def test_a_long_transfer_says_how_far_it_is():
    said = transfer(4 * GIB, [(5, GIB), (5, GIB), (5, GIB), (5, GIB)])
    assert [line for line, _ in said] == [
        "cirros: 2.0 GiB of 4.0 GiB, 50 %, 205 MiB/s, 10 s left",
        "cirros: 4.0 GiB of 4.0 GiB, 100 %, 205 MiB/s, 0 s left",
    ]
    assert said[0][1] == {"label": "cirros", "bytes": 2 * GIB, "total": 4 * GIB, "bytes_per_second": round(GIB / 5)}


def test_a_short_transfer_says_nothing():
    assert transfer(GIB, [(3, GIB // 2), (6, GIB // 2)]) == []


def test_without_a_size_there_is_no_end_in_sight():
    assert next(line for line, _ in transfer(None, [(20, 100 << 20)])) == "cirros: 100 MiB, 5 MiB/s"


def test_the_end_is_said_where_anything_was():
    lines = [line for line, _ in transfer(3 * GIB, [(10, GIB), (5, GIB), (4, GIB)])]
    assert [line.split(",")[0] for line in lines] == ["cirros: 1.0 GiB of 3.0 GiB", "cirros: 3.0 GiB of 3.0 GiB"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


QUIET = [
    {"__cli": "salt-minion"},
    {},
    {"__cli": "salt-call", "output": "json"},
    {"__cli": "salt-run", "output": "json"},
    {"__cli": "salt-call", "output": "quiet"},
    {"__cli": "salt-run", "quiet": True},
]
ALOUD = [{"__cli": "salt-call"}, {"__cli": "salt-run", "output": "glance_report"}, {"__cli": "salt-call", "output": ""}]


@pytest.mark.parametrize("opts", QUIET)
def test_programs_are_not_disturbed(opts):
    stream = Terminal()
    progress.teller(opts, stream=stream)("line", {})
    assert stream.getvalue() == ""


@pytest.mark.parametrize("opts", ALOUD)
@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_people_at_a_terminal_are_told(opts, kind):
    stream = kind()
    progress.teller(opts, stream=stream)("line", {})
    assert stream.getvalue() == ("line\n" if kind is Terminal else "")


def test_the_bus_and_the_log_are_always_told(caplog):
    events = []
    caplog.set_level("INFO", "openstack_image_progress")
    progress.teller({}, lambda data, tag: events.append((data, tag)))("line", {"bytes": 1})
    assert events == [({"bytes": 1, "line": "line"}, "glance/image/progress")]
    assert "line" in caplog.text
