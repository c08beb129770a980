"""The mapping that says how data comes."""

import openstack_image_fetch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid

WRONG = [
    ({"via": "pigeon"}, "fetch:via: use stream, file, glance-direct, web-download"),
    ({"decompress": "zip"}, "fetch:decompress: use gz, bz2, xz, zstd"),
    ({"hash_of": "both"}, "fetch:hash_of: use file, data"),
    ({"ca_file": "ca.pem"}, "fetch:ca_file: use an absolute path"),
    ({"directory": "tmp"}, "fetch:directory: use an absolute path"),
    ({"headers": ["a: b"]}, "fetch:headers: use a mapping"),
    ({"headers": {"a": 1}}, "fetch:headers: use a mapping"),
    ({"retries": 1.5}, "fetch:retries: use a whole number"),
    ({"retries": -1}, "fetch:retries: use a whole number"),
    ({"timeout": 0}, "fetch:timeout: use a number, 1 or more"),
    ({"timeout": True}, "fetch:timeout: use a number"),
    ({"max_virtual_size": "1G"}, "fetch:max_virtual_size: use a number"),
    ({"compress": "xz"}, "fetch:compress is not known: use some of via, decompress"),
    ({"signature": "http://a/SUMS.gpg"}, "fetch:signature needs fetch:keyring"),
    ({"via": "web-download", "decompress": "xz"}, "Glance itself decompresses"),
    ("stream", "fetch: use a mapping"),
]


@pytest.mark.parametrize(("fetch", "message"), WRONG)
def test_what_is_wrong_is_named(fetch, message):
    with pytest.raises(Invalid, match=message):
        openstack_image_fetch.parsed(fetch)


@pytest.mark.parametrize("fetch", [None, {}, {"via": None, "decompress": None}])
def test_nothing_means_the_defaults(fetch):
    assert openstack_image_fetch.parsed(fetch) == openstack_image_fetch.Fetch()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "via": st.sampled_from(openstack_image_fetch.VIAS[:3]),
            "decompress": st.sampled_from(openstack_image_fetch.FORMATS),
            "hash_of": st.sampled_from(["file", "data"]),
            "retries": st.integers(0, 100),
            "timeout": st.integers(1, 1000),
            "headers": st.dictionaries(st.text(min_size=1), st.text()),
        },
    )
)
def test_what_is_given_is_kept(fetch):
    found = openstack_image_fetch.parsed(fetch)
    assert {key: getattr(found, key) for key in fetch} == fetch
    access = openstack_image_fetch.access(found, "http://proxy")
    assert (access.proxy, access.retries, access.headers) == ("http://proxy", found.retries, found.headers)
