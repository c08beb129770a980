"""Names in statements are the names, whatever is in them."""

import re

import openstack_mysql_names as names
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid

NAMES = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=64).filter(lambda name: name[-1] != " ")


@given(NAMES)
def test_an_identifier_is_the_name_and_nothing_else(name):
    sent = names.identifier(name) % ()
    assert sent[0] == sent[-1] == "`"
    assert re.sub("``", "", sent[1:-1]).count("`") == 0
    assert sent[1:-1].replace("``", "`") == name


@pytest.mark.parametrize("name", ["", "nul\0", "space ", "x" * 65])
def test_names_that_no_server_takes(name):
    with pytest.raises(Invalid, match="is no name"):
        names.identifier(name)


@given(st.text("a_%\\", max_size=6), st.text("a_%\\", max_size=6))
def test_a_pattern_matches_its_own_name_only(name, other):
    """Read as the server reads it: a backslash takes the meaning from what follows."""
    tokens = re.findall(r"\\.|.", names.pattern(name), re.DOTALL)
    like = "".join({"_": ".", "%": ".*"}.get(token) or re.escape(token[-1]) for token in tokens)
    assert (re.fullmatch(like, other, re.DOTALL) is not None) == (name == other)


@given(NAMES)
def test_what_people_see_is_what_is_sent(name):
    assert names.identifier(name) % () == names.quoted(name)


@given(NAMES, NAMES)
def test_two_names_never_look_the_same(one, other):
    assert (names.quoted(one) == names.quoted(other)) == (one == other)


@pytest.mark.parametrize("host", ["", None, 1])
def test_impossible_hosts(host):
    with pytest.raises(Invalid, match="no host"):
        names.account("u", host)


@pytest.mark.parametrize("hosts", [[], "", [""], [1], {"%": 1}, None])
def test_impossible_lists_of_hosts(hosts):
    with pytest.raises(Invalid, match="hosts must be a list"):
        names.hosts_of(hosts)


def test_hosts_are_kept_once_in_lower_case():
    assert names.hosts_of(["%", "LocalHost", "localhost"]) == ["%", "localhost"]
    assert names.hosts_of("DB") == ["db"]


@pytest.mark.parametrize(("value", "text"), [(b"\xc3\xa9", "é"), ("é", "é"), (None, "")])
def test_names_from_binary_columns(value, text):
    assert names.text(value) == text
