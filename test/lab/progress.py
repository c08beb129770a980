"""Say what is going on: one living line on a terminal, a line at a step's begin and end elsewhere."""
import contextlib
import os
import sys
import threading
import time

QUIET = 20.0  # seconds without news after which a log, too, gets a line


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
    def step(self, title: str):
        """A step that takes a while: its value's `note` hears what is being waited for, `failed` may be set."""
        running = Step(self, title)
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

    def __init__(self, progress: Progress, title: str):
        self.progress, self.title = progress, title
        self.noted = ""
        self.failed = False
        self.started = self.spoken = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def begin(self) -> None:
        if not self.progress.terminal:
            self.progress.say(f"{self.title} ...")
        self._thread.start()

    def note(self, text: str) -> None:
        self.noted = text

    def end(self) -> None:
        how = self.progress.paint("31", "failed") if self.failed else self.progress.paint("32", "done")
        self._over.set()
        self._thread.join()
        if self.progress.terminal:
            self.progress.stream.write("\r\033[K")
        self.progress.say(f"{self.title}: {how} ({self._elapsed()})")

    def _elapsed(self) -> str:
        seconds = time.monotonic() - self.started
        return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"

    def _live(self) -> None:
        while not self._over.wait(0.2 if self.progress.terminal else 1):
            if self.progress.terminal:
                self._redraw()
            elif time.monotonic() - self.spoken > QUIET:
                self.spoken = time.monotonic()
                self.progress.say(f"  still at it after {self._elapsed()}" + (f": {self.noted}" if self.noted else ""))

    def _redraw(self) -> None:
        with contextlib.suppress(OSError):
            width = os.get_terminal_size(self.progress.stream.fileno()).columns
            line = f"{self.title} {self._elapsed()}  {self.noted}"[: width - 1]
            self.progress.stream.write(f"\r\033[K{line}")
            self.progress.stream.flush()
