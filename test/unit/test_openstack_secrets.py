"""References to pillar keys: what is looked up, how it is quoted, what is refused."""

import openstack_secrets as secrets
import pytest
from openstack_errors import Invalid
from oslo_config import cfg

PILLAR = {"a": {"password": "k$ey/@%", "empty": "", "list": ["x", "y"], "number": 7, "backslash": "x\\$y"}}


@pytest.mark.parametrize(
    ("filter", "reference"), [(None, "{pillar:a:b}"), ("url", "{pillar:a:b|url}"), ("oslo", "{pillar:a:b|oslo}")]
)
def test_a_reference_is_known_as_one(filter, reference):
    assert secrets.reference("a:b", filter) == reference
    assert secrets.has_reference({"x": ["y", f"mysql://{reference}@z"]})


def test_no_reference():
    assert not secrets.has_reference({"x": ["{pillar}", 7, None, "{grains:id}"]})


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("{pillar:a:password}", "k$ey/@%"),
        ("mysql://glance:{pillar:a:password|url}@db", "mysql://glance:k%24ey%2F%40%25@db"),
        ("{pillar:a:password|oslo}", "k$$ey/@%"),
        ("{pillar:a:list}", ["x", "y"]),
        ({"x": ["{pillar:a:number}", "<{pillar:a:number}>"], "y": None}, {"x": [7, "<7>"], "y": None}),
    ],
)
def test_resolve(value, resolved):
    assert secrets.resolve(value, PILLAR) == resolved


@pytest.mark.parametrize("value", ["a$b", "a${b}", "$$", "a$ b", "a\\b", "$", "'$x'", "100%"])
def test_oslo_config_reads_what_pillar_has(value, tmp_path):
    path = tmp_path / "file.conf"
    path.write_text("[x]\npassword = " + secrets.resolve("{pillar:a|oslo}", {"a": f"k{value}k"}) + "\n")
    conf = cfg.ConfigOpts()
    conf.register_opt(cfg.StrOpt("password"), group="x")
    conf(["--config-file", str(path)])
    assert conf.x.password == f"k{value}k"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{pillar:a:none}", "pillar key a:none is missing"),
        ("{pillar:a:empty|url}", "pillar key a:empty is missing or empty"),
        ("{pillar:a:password|base}", "unknown filter 'base'"),
        ("{pillar:a:backslash|oslo}", "pillar key a:backslash has a backslash before a dollar sign"),
    ],
)
def test_refused(reference, message):
    with pytest.raises(Invalid, match=message):
        secrets.resolve(f"<{reference}>", PILLAR)


@pytest.mark.parametrize("value", [True, ["x"], {"x": "y"}, 1.5])
def test_no_password(value):
    with pytest.raises(Invalid, match="pillar key a must hold a string") as caught:
        secrets.password({"a": value}, "a")
    assert repr(value) not in str(caught.value)
