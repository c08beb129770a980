import os

import pytest
from lab import client
from lab.errors import LabError


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": true}\n', {"a": True}),
        ('[WARNING ] something\n{"a": {"b": 1}}\n', {"a": {"b": 1}}),
        ("[\n  1\n]", [1]),
        ('"one string"', "one string"),
        ("true", True),
        ("No minions matched the target.", None),
        ("", None),
    ],
)
def test_salts_answer_among_what_it_prints(text, data):
    assert client.parse(text) == data


def test_the_checkouts_code_has_a_version(tmp_path):
    assert client.code_version(tmp_path) == ""
    (tmp_path / "_modules").mkdir()
    module = tmp_path / "_modules/one.py"
    module.write_text("x = 1\n", encoding="utf-8")
    first = client.code_version(tmp_path)
    assert first
    assert client.code_version(tmp_path) == first
    os.utime(module, ns=(1, 1))
    assert client.code_version(tmp_path) != first
    (tmp_path / "docs.py").write_text("", encoding="utf-8")
    module.unlink()
    assert client.code_version(tmp_path) == ""


def test_without_a_lab_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GLANCE_LAB", str(tmp_path))
    with pytest.raises(LabError, match=r"\./lab up first") as error:
        client.Lab.attach()
    assert error.value.code == 3
