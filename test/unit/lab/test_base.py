from lab import base
from lab.settings import SUITES, Suite


def test_a_recipe_is_the_same_until_something_changes(monkeypatch, tmp_path):
    suite = SUITES["trixie"]
    first = base.recipe(suite)
    assert base.recipe(suite) == first
    assert base.recipe(Suite("trixie", "Epoxy", apt_options=("x",))) != first
    monkeypatch.setattr(base, "REQUIREMENTS", base.HERE / "settings.py")
    assert base.recipe(suite) != first
