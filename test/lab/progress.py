"""Say what is going on: one living line on a terminal, a line at a step's begin and end elsewhere."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

QUIET = 30.0  # seconds after which a log, too, gets a line; then after twice as many, and so on


class Progress:
    """Steps with elapsed time, on standard error."""

    def __init__(self, stream=None):
        self.stream = stream or sys.stderr
        self.terminal = self.stream.isatty()
        self.colour = self.terminal and "NO_COLOR" not in os.environ

    def paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)

    @contextlib.contextmanager
    def step(self, title: str, doing: Callable[[], str] | None = None) -> Iterator["Step"]:
        """A step that takes a while.

        Its value's `note` hears what is being waited for, or `doing` is asked for it; `failed` may be set.
        """
        running = Step(self, title, doing)
        running.begin()
        try:
            yield running
        except BaseException:
            running.failed = True
            raise
        finally:
            running.end()


class Step:
    """A step that is going on."""

    def __init__(self, progress: Progress, title: str, doing: Callable[[], str] | None):
        self.progress, self.title, self.doing = progress, title, doing
        self.noted = ""
        self.failed = False
        self.started = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def begin(self) -> None:
        if not self.progress.terminal:
            self.progress.say(f"{self.title} ...")
        self._thread.start()

    def note(self, text: str) -> None:
        self.noted = text

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        if self.progress.terminal:
            self.progress.stream.write("\r\033[K")
        how = self.progress.paint("31", "failed") if self.failed else self.progress.paint("32", "done")
        self.progress.say(f"{self.title}: {how} ({elapsed(time.monotonic() - self.started)})")

    def _live(self) -> None:
        speak_at = QUIET
        while not self._over.wait(0.25 if self.progress.terminal else 1):
            passed = time.monotonic() - self.started
            if self.doing and (self.progress.terminal or passed > speak_at):
                with contextlib.suppress(Exception):  # news are welcome, not worth a failure
                    self.noted = self.doing()
            if self.progress.terminal:
                self._redraw(passed)
            elif passed > speak_at:
                speak_at *= 2
                self.progress.say(f"  {elapsed(passed)}: {self.noted or 'still at it'}")

    def _redraw(self, passed: float) -> None:
        with contextlib.suppress(OSError):
            width = os.get_terminal_size(self.progress.stream.fileno()).columns
            line = f"{self.title}, {elapsed(passed)}" + (f": {self.noted}" if self.noted else "")
            self.progress.stream.write(f"\r\033[K{line[: width - 1]}")
            self.progress.stream.flush()


def elapsed(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"
