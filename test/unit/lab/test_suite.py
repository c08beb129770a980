import pytest
from lab import suite
from lab.settings import REPO


@pytest.mark.parametrize(
    ("args", "needed"),
    [
        ([], True),
        (["-k", "database"], True),
        (["test/unit"], False),
        (["test/unit/lab", "-x"], False),
        (["test/unit/lab/test_suite.py::test_x"], False),
        (["test/unit", "test/integration"], True),
        (["test"], True),
    ],
)
def test_unit_tests_alone_need_no_machines(monkeypatch, args, needed):
    monkeypatch.chdir(REPO)
    assert suite.needs_lab(args) is needed
