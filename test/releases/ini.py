"""The test's own configuration files: Keystone's, which another formula would write."""

from pathlib import Path


def write(path: Path, sections: dict[str, dict]) -> None:
    """Write ``{section: {option: value}}`` to a file that only its owner reads; ``None`` leaves an option out."""
    lines = []
    for section, options in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {value}" for name, value in options.items() if value is not None]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
