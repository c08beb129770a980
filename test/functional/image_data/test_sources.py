"""One pass from a source into Glance: unpacked, derived, signed, resumed."""

import bz2
import gzip
import hashlib
import lzma
import subprocess

import pytest

from functional import images, mirror, webserver
from functional.webserver import digest

try:
    from compression import zstd
except ImportError:  # before Python 3.14
    from backports import zstd

pytestmark = pytest.mark.slow

GOOD = images.qcow2(virtual_size=3 * 1024 * images.MIB + 1)
RAW = images.raw(5 * images.MIB)
COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}
SECRET = "not in any message"


@pytest.mark.parametrize("kind", COMPRESS)
@pytest.mark.parametrize("hash_of", ["file", "data", None])
def test_a_compressed_source(twice, web, kind, hash_of):
    web.how.body = packed = COMPRESS[kind](GOOD)
    source_hash = {"file": digest(packed), "data": digest(GOOD), None: digest(packed, "sha512")}[hash_of]
    image = twice(
        source=f"{web.url}/a.qcow2.{kind}",
        source_hash=source_hash,
        fetch={"decompress": kind, **({"hash_of": hash_of} if hash_of else {})},
    )
    assert image.os_hash_value == hashlib.sha512(GOOD).hexdigest()
    assert (image.disk_format, image.min_disk, image.size) == ("qcow2", 4, len(GOOD))


def test_another_compressed_file_replaces(twice, present, web, found):
    first = twice(source=f"{web.url}/a.xz", source_hash=digest(_serve(web, GOOD)), fetch={"decompress": "xz"})
    again = present(source=f"{web.url}/a.xz", source_hash=digest(_serve(web, RAW)), fetch={"decompress": "xz"})
    assert again.result, again.comment
    assert list(again.changes) == ["content"]
    [new] = [image for image in found() if image.id != first.id]
    assert (new.os_hash_value, new.disk_format) == (hashlib.sha512(RAW).hexdigest(), "raw")


def test_a_compressed_file_on_the_minion(twice, tmp_path):
    (tmp_path / "a.xz").write_bytes(lzma.compress(GOOD))
    assert twice(source=f"{tmp_path}/a.xz", fetch={"decompress": "xz"}).size == len(GOOD)


DERIVED = {
    "qcow2": (GOOD, "qcow2", 4),
    "raw": (RAW, "raw", 1),
    "iso": (images.iso(), "iso", 1),
    "hybrid iso": (images.iso(partitions=1), "iso", 1),
    "disk": (images.disk(), "raw", 1),
}


@pytest.mark.parametrize("case", DERIVED)
def test_what_pillar_does_not_say_is_seen_in_the_data(twice, web, case):
    web.how.body, disk_format, min_disk = DERIVED[case]
    image = twice(source=f"{web.url}/a", source_hash=digest(web.how.body))
    assert (image.disk_format, image.min_disk) == (disk_format, min_disk)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_source_that_is_cut_and_stalls_becomes_one_image(twice, web, ranges):
    web.how.body, web.how.ranges = images.raw(9 * images.MIB), ranges
    # the plan asks for one byte first
    web.how.faults = [None, ("cut", 3 << 20), ("stall", (2 << 20) + 7)]
    image = twice(source=f"{web.url}/a", source_hash=digest(web.how.body), fetch={"timeout": 1, "retries": 2})
    assert image.size == len(web.how.body)
    assert len(web.log) == 4


@pytest.mark.parametrize("lost", [(), ("REST",)])
def test_an_ftp_source_that_is_cut_becomes_one_image(twice, lost):
    body = images.raw(9 * images.MIB)
    with webserver.serving(webserver.Ftp, cuts=[3 << 20, (2 << 20) + 7], lost=lost) as server:
        server.files = {"/a": body}
        image = twice(source=f"ftp://127.0.0.1:{server.port}/a", source_hash=digest(body), fetch={"retries": 2})
        assert server.log.count("RETR a") == 3
    assert image.os_hash_value == hashlib.sha512(body).hexdigest()


def test_a_source_that_stays_cut_leaves_nothing(refused, web):
    web.how.body, web.how.faults = RAW, [("cut", 2 << 20)] + [("cut", 0)] * 9
    comment = refused(source=f"{web.url}/a", source_hash=digest(RAW), fetch={"retries": 1})
    assert "the connection was cut before the end" in comment


def test_a_source_that_changes_leaves_nothing(refused, web):
    web.how.body, web.how.faults = RAW, [("cut", 2 << 20), ("become", RAW[::-1])]
    assert "has changed on the server" in refused(source=f"{web.url}/a")


def test_a_length_that_promises_too_little(refused, web):
    web.how.body, web.how.length = RAW, 1 << 20
    assert "declared is sha256" in refused(source=f"{web.url}/a", source_hash=digest(RAW))


def test_a_secret_header_is_sent_and_not_said(twice, refused, web):
    headers = {"Authorization": "Bearer {pillar:glance:mirror:token}"}
    twice(source=f"{web.url}/a", source_hash=digest(web.how.body), fetch={"headers": headers})
    assert {sent["Authorization"] for _, _, sent in web.log} == {f"Bearer {SECRET}"}


def test_a_secret_header_of_a_source_that_fails(refused, web):
    web.how.faults = [("status", 403)] * 9
    comment = refused(source=f"{web.url}/a", fetch={"headers": {"X-Token": "{pillar:glance:mirror:token}"}})
    assert SECRET not in comment


def test_tls(twice, refused, tmp_path):
    certificate = mirror.certificate(tmp_path / "mirror.pem")
    with mirror.serving(GOOD, tls=certificate) as server:
        source = {"source": f"{server.url}/a", "source_hash": digest(GOOD)}
        assert "set fetch:ca_file" in refused(**source)
        assert twice(**source, fetch={"ca_file": certificate}).size == len(GOOD)


def test_a_redirect_to_http_is_refused(refused, tmp_path, web):
    certificate = mirror.certificate(tmp_path / "mirror.pem")
    with mirror.serving(b"", tls=certificate, location=f"{web.url}/a") as server:
        comment = refused(source=f"{server.url}/a", fetch={"ca_file": certificate})
    assert "from https to http://" in comment
    assert web.log == []


def test_too_large_a_disk(refused, web):
    web.how.body = images.qcow2(virtual_size=2 << 40)
    source = {"source": f"{web.url}/a", "source_hash": digest(web.how.body)}
    assert "more than fetch:max_virtual_size (1024 GiB)" in refused(**source)


def test_a_file_that_nobody_unpacks(refused, web):
    web.how.body = gzip.compress(GOOD)
    assert "set fetch:decompress to gz" in refused(source=f"{web.url}/a", disk_format="raw")


# --- by a copy on the minion


@pytest.mark.parametrize("fetch", [{}, {"decompress": "gz"}])
def test_by_way_of_a_file(twice, web, tmp_path, fetch):
    web.how.body = gzip.compress(GOOD) if fetch else GOOD
    how = {"via": "file", "directory": str(tmp_path), **fetch}
    assert twice(source=f"{web.url}/a", source_hash=digest(web.how.body), fetch=how).size == len(GOOD)
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_another_hash_does_not_reach_glance(refused, web, window, tmp_path):
    how = {"via": "file", "directory": str(tmp_path)}
    assert "declared is sha256=00" in refused(source=f"{web.url}/a", source_hash=f"sha256={'0' * 64}", fetch=how)
    assert [entry for entry in window.log if entry[0] == "POST"] == []
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there(refused, web):
    comment = refused(source=f"{web.url}/a", fetch={"via": "file", "directory": "/no/such"})
    assert "cannot be copied to /no/such: No such file or directory" in comment


# --- signed sums


@pytest.fixture
def signed(tmp_path):
    """Sums of an image, their signature, the key; ``gpg`` itself makes them."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", ""]
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{digest(GOOD).removeprefix('sha256=')}  a.qcow2\n", encoding="utf-8")
    try:
        for arguments in (
            ["--quick-gen-key", "vendor <vendor@example.org>", "ed25519", "sign", "never"],
            ["--output", f"{sums}.gpg", "--detach-sign", str(sums)],
            ["--output", str(tmp_path / "keys.asc"), "--armor", "--export"],
        ):
            subprocess.run([*gpg, *arguments], check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("gpg is not installed (Debian: gpg)")
    yield sums
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, timeout=60)


def test_signed_sums(twice, refused, present, web, signed):
    web.how.body = GOOD
    fetch = {"signature": f"{signed}.gpg", "keyring": str(signed.with_name("keys.asc"))}
    arguments = {"source": f"{web.url}/a.qcow2", "source_hash": str(signed), "fetch": fetch}
    assert twice(**arguments).os_hash_value == hashlib.sha512(GOOD).hexdigest()
    signed.write_text(signed.read_text(encoding="utf-8").replace("a.qcow2", "b.qcow2"), encoding="utf-8")
    for test in (True, False):
        ret = present(test=test, **arguments)
        assert (ret.result, ret.changes) == (False, {})
        assert "is not what key" in ret.comment


def _serve(web, data):
    web.how.body = lzma.compress(data)
    return web.how.body
