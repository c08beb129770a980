"""The reader and the writer of oslo.config files, against oslo.config's own reader."""

import string

import openstack_ini
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oslo_config import cfg

NAMES = st.text(string.ascii_letters + string.digits + "_-.", min_size=1, max_size=12)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(openstack_ini.fits)
SECTION = st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=3)
OPTIONS = st.dictionaries(NAMES, SECTION, min_size=1, max_size=3)
QUICK = settings(max_examples=40)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("ini") / "a.conf"


def oslo(path, text):
    path.write_text(text, encoding="utf-8")
    sections = {}
    cfg.ConfigParser(str(path), sections).parse()
    return {section: options for section, options in sections.items() if options}


@QUICK
@given(options=OPTIONS)
def test_what_is_written_is_read_back_by_us_and_by_oslo(options, path):
    text = openstack_ini.render(options)
    assert openstack_ini.parse(text) == options
    assert oslo(path, text) == options


@QUICK
@given(options=OPTIONS, changes=OPTIONS)
def test_an_update_changes_what_it_names_and_nothing_else(options, changes, path):
    text = openstack_ini.update(openstack_ini.render(options), changes)
    expected = {section: dict(each) for section, each in options.items()}
    for section, each in changes.items():
        expected.setdefault(section, {}).update(each)
    assert openstack_ini.parse(text) == expected
    assert oslo(path, text) == expected
    assert openstack_ini.update(text, changes) == text


@QUICK
@given(options=OPTIONS)
def test_an_update_takes_out(options):
    removed = {section: dict.fromkeys(each) for section, each in options.items()}
    assert openstack_ini.parse(openstack_ini.update(openstack_ini.render(options), removed)) == {}


@QUICK
@given(lines=st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12), max_size=8))
def test_lines_that_an_update_does_not_name_stay(lines):
    text = "\n".join(["[DEFAULT]", *(f"# {line}" for line in lines), "a = 1", ""])
    changed = openstack_ini.update(text, {"DEFAULT": {"a": ["2"]}}).splitlines()
    assert changed == [openstack_ini.HEADER, *text.replace("a = 1", "a = 2").splitlines()]


def test_forms_that_oslo_reads(path):
    text = "# c\n[DEFAULT]\na=1\nb : 2\nc = '3'\nd =\ne = one\n  two\n\n; c\n[x]\nm = 1\nm = 2\n"
    expected = {
        "DEFAULT": {"a": ["1"], "b": ["2"], "c": ["3"], "d": [""], "e": ["one\ntwo"]},
        "x": {"m": ["1", "2"]},
    }
    assert openstack_ini.parse(text) == expected == oslo(path, text)


@pytest.mark.parametrize("value", ["a\n\nb", "a\n b", "a\rb", "a\x00"])
def test_values_that_do_not_fit(value):
    assert not openstack_ini.fits(value)


@pytest.mark.parametrize(
    "option",
    [
        "password",
        "admin_password",
        "transport_url",
        "connection",
        "slave_connection",
        "memcache_secret_key",
        "s3_store_access_key",
        "swift_store_key",
        "metadata_encryption_key",
        "admin_token",
        "approle_secret_id",
        "root_token_id",
        "hmac_keys",
        "connection_string",
    ],
)
def test_secret_by_name(option):
    assert openstack_ini.is_secret(option)


@pytest.mark.parametrize(
    "option",
    [
        "key_file",
        "keyfile",
        "connection_recycle_time",
        "service_token_roles",
        "auth_url",
        "token_cache_time",
        "username",
    ],
)
def test_not_secret_by_name(option):
    assert not openstack_ini.is_secret(option)
