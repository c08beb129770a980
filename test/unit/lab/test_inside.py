import os

from lab import inside


def test_whoever_is_inside_needs_no_way_in():
    assert inside.is_inside(os.getpid())
    assert inside.lab_argv(os.getpid(), ["true"]) == ["true"]


def test_a_command_in_a_node_has_its_capabilities_and_its_group():
    argv = inside.node_argv(7, "/sys/fs/cgroup/x/db-node", "-cap_25", ["date"], {"TERM": "xterm"})
    line = " ".join(argv)
    assert line.endswith(" date")
    assert argv.index("--bounding-set=-cap_25") < argv.index("nsenter")
    assert "/sys/fs/cgroup/x/db-node/exec/cgroup.procs" in line
    assert "TERM=xterm" in argv
    assert "TERM=dumb" not in argv


def test_capabilities_that_this_process_lacks():
    missing = inside.missing_capabilities(os.getpid())
    assert all(part.startswith("-cap_") for part in missing.split(",") if part)
