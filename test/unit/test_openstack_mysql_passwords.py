"""Passwords against what servers keep of them; the hashes are of real servers."""

import openstack_mysql_passwords as passwords
import pytest


@pytest.mark.parametrize(
    ("plugin", "stored", "password"),
    [
        ("mysql_native_password", b"*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "password"),
        ("mysql_native_password", b"*2470c0c06dee42fd1618bb99005adca2ec9d1e19", "password"),
        (
            "caching_sha2_password",
            b"$A$005$"
            + bytes.fromhex("F9CC98CE08892924F50A213B6BC571A2C11778C5")
            + b"bTy95Y99eAME1dwEkHOA1ndHGBWz.1bxSSRkuTXFGV/",
            "hashcat",
        ),
        # openssl passwd -5 -salt saltsalt correct
        ("sha256_password", b"$5$saltsalt$bM2NOMXBvP/yo4CGWbQ.USJSeF5uzaT2H3bDmiXYqo1", "correct"),
    ],
)
def test_passwords_are_compared_with_what_the_server_keeps(plugin, stored, password):
    assert passwords.fits(plugin, stored, password) is True
    assert passwords.fits(plugin, stored, password + "x") is False
    assert passwords.fits(plugin, b"", password) is False


@pytest.mark.parametrize("plugin", ["unix_socket", "pam", ""])
def test_plugins_without_passwords(plugin):
    assert passwords.fits(plugin, b"x", "y") is False


@pytest.mark.parametrize("plugin", passwords.PLUGINS)
@pytest.mark.parametrize("stored", [b"", b"invalid", b"$A$005$", b"P0:x", b"Px:y:z", b"::", b"\xff"])
def test_what_is_no_hash_fits_nothing(plugin, stored):
    assert passwords.fits(plugin, stored, "y") is False


@pytest.mark.parametrize(("plugin", "library"), [("ed25519", "HAS_NACL"), ("parsec", "HAS_CRYPTOGRAPHY")])
def test_without_the_library_only_the_server_can_tell(monkeypatch, plugin, library):
    monkeypatch.setattr(passwords, library, False)
    assert passwords.fits(plugin, b"x", "y") is None
