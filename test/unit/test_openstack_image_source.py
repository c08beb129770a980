"""Sources and hashes: what an argument means, before anybody is asked."""

import hashlib

import openstack_image_fetch
import openstack_image_hash as hashes
import openstack_image_source as source
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openstack_errors import Invalid, OpenStackError, Unreachable

DIGITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
ALGORITHMS = st.sampled_from(sorted(DIGITS))


@given(
    algorithm=ALGORITHMS,
    form=st.sampled_from(["{0}={1}", "{0}:{1}", "{0} = {1}", "{1}", " {0}={1}\n"]),
    upper=st.booleans(),
)
def test_a_hash_is_read_in_every_form(algorithm, form, upper):
    digest = hashlib.new(algorithm, b"x").hexdigest()
    text = form.format(algorithm.upper() if upper else algorithm, digest.upper() if upper else digest)
    assert hashes.parsed(text) == (algorithm, digest)


@pytest.mark.parametrize("text", ["sha256=abc", "abc", "md5=" + "0" * 64, "sha999=" + "0" * 64])
def test_a_wrong_hash_is_refused(text):
    with pytest.raises(Invalid, match="is not a digest"):
        hashes.parsed(text)


@pytest.mark.parametrize("text", ["http://a/SHA256SUMS", "/srv/SHA256SUMS", "salt://sums", "file:///sums"])
def test_an_address_is_no_hash(text):
    assert hashes.parsed(text) is None


A, B = "a" * 64, "b" * 64
SUMS = {
    "gnu": f"{B}  other.img\n{A}  cirros.img\n",
    "gnu, binary": f"{A} *cirros.img\n",
    "gnu, path": f"{A}  ./images/cirros.img\n",
    "bsd": f"MD5 (cirros.img) = zz\nSHA256 (cirros.img) = {A}\n",
    "alone": f"{A}\n",
    "upper case": f"{A.upper()}  cirros.img",
    "signed": f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{A}  cirros.img\n-----BEGIN PGP\nab\n",
}


@pytest.mark.parametrize("form", SUMS)
def test_sums_files(form):
    assert hashes.listed(SUMS[form], "https://a/b/cirros.img?x=1", "sums") == ("sha256", A)


@pytest.mark.parametrize("text", ["", f"{A}  other.img\n", f"{A}\n{B}\n", "<html>404</html>", f"{A}  xcirros.img"])
def test_another_files_hash_is_never_taken(text):
    with pytest.raises(OpenStackError, match=r"has no digest of cirros\.img"):
        hashes.listed(text, "https://a/cirros.img", "https://a/SUMS")


PLAIN = openstack_image_fetch.parsed(None)


def access(**given):
    return openstack_image_fetch.Access(**given)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    return str(path)


def test_files_are_hashed_where_nobody_says(file):
    expected = "sha512=" + hashlib.sha512(b"x").hexdigest()
    there = access(cached=lambda url: file)
    for url in (file, f"file://{file}", "salt://a"):
        assert hashes.wanted(url, None, there, PLAIN) == expected
    assert hashes.wanted("http://a.example.org/a", None, there, PLAIN) is None


# fetch, whether source_hash is given, whether the digest is of the source only
OF_SOURCE = [
    ({}, True, False),
    ({"via": "file"}, False, False),
    ({"decompress": "xz"}, True, True),
    ({"decompress": "xz"}, False, True),
    ({"decompress": "xz", "hash_of": "data"}, True, False),
    ({"decompress": "xz", "hash_of": "data"}, False, True),
    ({"via": "glance-direct"}, True, True),
    ({"via": "web-download"}, True, False),
]


@pytest.mark.parametrize(("fetch", "given", "of_source"), OF_SOURCE)
def test_a_digest_says_whether_it_is_of_the_source_only(file, fetch, given, of_source):
    how = openstack_image_fetch.parsed(fetch)
    digest = hashes.wanted(file, f"sha256={A}" if given else None, access(), how)
    algorithm, _, found = hashes.split(digest)
    assert (algorithm, found) == ("sha256" if given else "sha512", of_source)
    assert hashes.wanted(file, digest, access(), how) == digest


@pytest.mark.parametrize("url", ["relative/path", "gopher://a/b", "javascript://x", "", "http//a"])
def test_other_kinds_of_source(url):
    with pytest.raises(Invalid, match="use http, https, ftp, s3, salt, file or an absolute path"):
        source.local_path(url)


@pytest.mark.parametrize("url", ["/no/such/file", "file:///no/such/file", "salt://no"])
def test_files_that_are_not_there(url):
    with pytest.raises(OpenStackError, match="is not"):
        source.local_path(url, cached=lambda url: "")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@a.example.org/b?token=secret", "https://a.example.org/b?…"),
        ("http://a.example.org/b@c", "http://a.example.org/b@c"),
        ("ftp://me@a/b", "ftp://a/b"),
        ("/srv/a@b", "/srv/a@b"),
        ("http://me:{pillar:a:b}@proxy:1", "http://proxy:1"),
    ],
)
def test_a_message_shows_no_secret(url, shown):
    assert source.shown(url) == shown


def test_a_file_is_streamed_in_blocks(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(source.BLOCK + 1))
    with source.opened(str(path), access()) as stream:
        assert stream.size == source.BLOCK + 1
        assert [len(block) for block in stream.blocks] == [source.BLOCK, 1]


@pytest.mark.parametrize("size", [4, 6])
def test_another_size_than_announced_is_an_error(size):
    stream = source.Stream("label", size, iter([b"12", b"345"]))
    with pytest.raises(Unreachable, match=f"after 5 of {size} bytes"):
        list(source._complete(stream))
