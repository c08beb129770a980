import io

import pytest
from lab import progress


def test_in_a_log_a_step_has_a_begin_and_an_end():
    stream = io.StringIO()
    with progress.Progress(stream).step("booting"):
        pass
    first, last = stream.getvalue().splitlines()
    assert first == "booting ..."
    assert last.startswith("booting: done (0.")


def test_a_step_that_fails_says_so():
    stream = io.StringIO()
    with pytest.raises(ZeroDivisionError), progress.Progress(stream).step("booting"):
        raise ZeroDivisionError
    assert "booting: failed" in stream.getvalue()


def test_a_long_step_tells_what_it_is_doing(monkeypatch):
    monkeypatch.setattr(progress, "QUIET", 0.0)
    stream = io.StringIO()
    with progress.Progress(stream).step("installing", doing=lambda: "db-node: mariadb") as step:
        step._over.wait(1.3)
    assert "db-node: mariadb" in stream.getvalue()


def test_no_colour_in_a_log():
    assert progress.Progress(io.StringIO()).paint("31", "x") == "x"


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (61, "1 min 1 s")])
def test_elapsed(seconds, text):
    assert progress.elapsed(seconds) == text
