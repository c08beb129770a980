"""Sums files that are signed, by GnuPG itself, with keys made here."""

import subprocess

import openstack_image_fetch
import openstack_image_hash
import openstack_image_signature as signature
import pytest
from openstack_errors import OpenStackError

A = "a" * 64
SUMS = f"{A}  cirros.img\n".encode()


class Signer:
    """Somebody with a key."""

    def __init__(self, home, name, expires="never"):
        self._home = home
        home.mkdir(mode=0o700)
        self("--quick-gen-key", f"{name} <{name}@example.org>", "ed25519", "sign", expires)

    def __call__(self, *arguments, text=b""):
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--passphrase", "", "--yes", *arguments]
        return subprocess.run(command, input=text, check=True, capture_output=True, timeout=60).stdout

    def keys(self, *options):
        return self(*options, "--export")

    def close(self):
        subprocess.run(["gpgconf", "--homedir", str(self._home), "--kill", "all"], check=False, timeout=60)


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gnupg")
    try:
        found = {name: Signer(folder / name, name) for name in ("vendor", "stranger")}
    except FileNotFoundError:
        pytest.skip("gpg is not installed (Debian: gpg)")
    yield found
    for signer in found.values():
        signer.close()


def verified(text, made, keys):
    return signature.verified(text, made, keys, "SHA256SUMS", "/etc/keys.gpg")


@pytest.mark.parametrize("armour", [[], ["--armor"]])
@pytest.mark.parametrize("keys", [[], ["--armor"]])
def test_a_signed_file_is_believed(signers, armour, keys):
    made = signers["vendor"](*armour, "--detach-sign", text=SUMS)
    assert verified(SUMS, made, signers["vendor"].keys(*keys)) == SUMS


def test_of_a_file_that_holds_its_signature_only_the_inside_is_believed(signers):
    text = f"{'b' * 64}  cirros.img\n".encode() + signers["vendor"]("--clear-sign", text=SUMS)
    assert verified(text, None, signers["vendor"].keys()) == SUMS


def test_a_file_that_was_changed(signers):
    made = signers["vendor"]("--detach-sign", text=SUMS)
    with pytest.raises(OpenStackError, match=r"SHA256SUMS is not what key [0-9A-F]{16} signed"):
        verified(SUMS.replace(b"aa", b"bb"), made, signers["vendor"].keys())


def test_a_key_that_is_not_in_the_keyring(signers):
    made = signers["stranger"]("--detach-sign", text=SUMS)
    with pytest.raises(OpenStackError, match=r"signed by key [0-9A-F]{16}, which is not in /etc/keys\.gpg"):
        verified(SUMS, made, signers["vendor"].keys())


def test_one_of_two_signatures_is_enough(signers):
    made = signers["stranger"]("--detach-sign", text=SUMS) + signers["vendor"]("--detach-sign", text=SUMS)
    assert verified(SUMS, made, signers["vendor"].keys()) == SUMS


@pytest.mark.parametrize("made", [b"", b"<html>404</html>", SUMS])
def test_what_is_no_signature(signers, made):
    with pytest.raises(OpenStackError, match="no signature that gpgv can read"):
        verified(SUMS, made, signers["vendor"].keys())


def test_a_file_without_its_own_signature(signers):
    with pytest.raises(OpenStackError, match="no signature that gpgv can read"):
        verified(SUMS, None, signers["vendor"].keys())


def test_a_key_that_has_expired(signers, tmp_path):
    signer = Signer(tmp_path / "old", "old", "seconds=1")
    try:
        made = signer("--detach-sign", text=SUMS)
        subprocess.run(["sleep", "2"], check=True, timeout=10)
        with pytest.raises(OpenStackError, match="has expired: get a new keyring"):
            verified(SUMS, made, signer.keys())
    finally:
        signer.close()


def test_a_minion_without_gpgv(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(OpenStackError, match="install package gpgv"):
        verified(SUMS, b"x", b"x")


def test_the_digest_comes_out_of_what_was_signed(signers, tmp_path):
    files = {"SHA256SUMS": SUMS, "SHA256SUMS.gpg": signers["vendor"]("--detach-sign", text=SUMS)}
    files["keys.asc"] = signers["vendor"].keys("--armor")
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    given = {"signature": f"{tmp_path}/SHA256SUMS.gpg", "keyring": f"{tmp_path}/keys.asc"}
    arguments = ("http://a/cirros.img", f"{tmp_path}/SHA256SUMS", openstack_image_fetch.Access())
    assert openstack_image_hash.wanted(*arguments, openstack_image_fetch.parsed(given)) == f"sha256={A}"
    (tmp_path / "SHA256SUMS").write_bytes(SUMS.replace(b"aa", b"bb"))
    with pytest.raises(OpenStackError, match="is not what key"):
        openstack_image_hash.wanted(*arguments, openstack_image_fetch.parsed(given))
