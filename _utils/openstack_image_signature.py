"""
Whether a sums file is signed by a key that the operator trusts, by GnuPG's ``gpgv``, which knows no keys but those of
the file it is given: no key server, nobody's home directory.
"""

import base64
import re
import subprocess
import tempfile

from openstack_errors import OpenStackError

INLINE = "inline"
TIMEOUT = 30
_ARMOUR = re.compile(rb"-----BEGIN PGP PUBLIC KEY BLOCK-----.*?\n\r?\n(.*?)(?:\n=.{4}\s*)?\n?-----END PGP", re.DOTALL)
# https://github.com/gpg/gnupg/blob/master/doc/DETAILS: GOODSIG is never said of an expired or revoked key
_GOOD = ("GOODSIG", "VALIDSIG")


def verified(text, signature, keys, label, keyring):
    """
    Return what was signed, as bytes.

    text
        The sums file.

    signature
        Detached signature, ``None`` when the file holds its own: then only what is inside that is returned.

    keys
        Public keys, armoured or not.

    label, keyring
        What messages call the sums file and the file of keys.

    Raises :py:exc:`OpenStackError` unless one of the keys signed it, and without ``gpgv``.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {"keys": _binary(keys), "text": text, **({} if signature is None else {"signature": signature})}
        for name, data in files.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(data)
        names = ["text"] if signature is None else ["signature", "text"]
        command = ["gpgv", "--homedir", folder, "--keyring", f"{folder}/keys", "--status-fd", "1"]
        status = _run([*command, "--output", f"{folder}/inside", *(f"{folder}/{name}" for name in names)])
        _judge(status, label, keyring)
        return text if signature is not None else _read(f"{folder}/inside")


def _run(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
        return done.stdout.decode("utf-8", "replace")
    except FileNotFoundError as exc:
        raise OpenStackError(
            "gpgv is not on this minion, so no signature can be verified: install package gpgv (gnupg2 on Red Hat)"
        ) from exc
    except subprocess.TimeoutExpired as exc:
        raise OpenStackError(f"gpgv did not end within {TIMEOUT} s") from exc


def _judge(status, label, keyring):
    said = {line.split()[1]: line.split()[2:] for line in status.splitlines() if line.startswith("[GNUPG:] ")}
    if all(word in said for word in _GOOD) and "BADSIG" not in said:
        return
    if "BADSIG" in said:
        raise OpenStackError(f"{label} is not what key {said['BADSIG'][0]} signed: do not use it")
    for word, what in (("EXPKEYSIG", "has expired"), ("REVKEYSIG", "was revoked"), ("EXPSIG", "signed for a time")):
        if word in said:
            raise OpenStackError(f"{label}: key {said[word][0]}, which signed it, {what}: get a new keyring")
    if "NO_PUBKEY" in said:
        raise OpenStackError(f"{label} is signed by key {said['NO_PUBKEY'][0]}, which is not in {keyring}")
    raise OpenStackError(f"{label}: there is no signature that gpgv can read: is fetch:signature the right file?")


def _binary(keys):
    """Keys as gpgv reads them, which is without armour."""
    blocks = _ARMOUR.findall(keys)
    return b"".join(base64.b64decode(block) for block in blocks) if blocks else keys


def _read(path):
    with open(path, "rb") as file:
        return file.read()
