"""Run a command and say so when it fails."""

import subprocess

from lab.errors import LabError


def sh(*argv, check=True, input: str | None = None, timeout: float = 600, **kwargs) -> subprocess.CompletedProcess:
    """Run `argv`, text in and out; a failure is a LabError with the end of what the command said."""
    try:
        done = subprocess.run(
            [str(a) for a in argv],
            text=True,
            errors="replace",
            capture_output=True,
            input=input,
            timeout=timeout,
            **kwargs,
        )
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]}: no such command") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{shown(argv)}: no end after {timeout:.0f} s") from error
    if check and done.returncode:
        raise LabError(f"{shown(argv)}: exit {done.returncode}\n{tail(done.stdout)}{tail(done.stderr)}".rstrip())
    return done


def shown(argv) -> str:
    """A command line short enough for a message."""
    text = " ".join(str(a) for a in argv)
    return text if len(text) < 300 else text[:297] + "..."


def tail(text: str, size: int = 2000) -> str:
    return text if len(text) < size else "..." + text[-size:]


def reason(log: str) -> str:
    """The line of a failed command's log that says most: the first error near the end, what follows is its echo."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    for mark in ("No space left on device", "enough free space", "E: ", "ERROR", "error: "):
        for line in lines[-60:]:
            if mark in line:
                return tail(line, 300)
    return tail(lines[-1], 300) if lines else ""
