"""
Whether a password is the one of which a server keeps a hash: compared here, so that no account has to log in for it.

Understood are ``mysql_native_password``, ``caching_sha2_password`` and ``sha256_password``; with PyNaCl ``ed25519``,
and with cryptography ``parsec``.
"""

import base64
import hashlib

try:
    import nacl.bindings

    HAS_NACL = True
except ImportError:
    HAS_NACL = False

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False


def fits(plugin, stored, password):
    """
    Tell whether a password is the one of which a server keeps ``stored``.

    plugin
        The account's authentication plugin.

    stored
        Bytes of ``authentication_string``.

    password
        The password to compare.

    Returns ``None`` when only the server can tell: the library for the plugin is missing.
    """
    compare = _COMPARE.get(plugin)
    return bool(stored) and compare(stored, password.encode()) if compare else False


def native_hash(password):
    """Return what ``mysql_native_password`` keeps of a password, a string."""
    # the server's own format, not a choice made here
    once = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "*" + hashlib.sha1(once, usedforsecurity=False).hexdigest().upper()


def _fits_native(stored, password):
    return stored.decode("latin-1").upper() == native_hash(password.decode())


def _fits_sha2(stored, password):
    """``$A$005$`` + 20 characters salt + 43 characters hash, or ``$5$`` + salt + ``$`` + hash."""
    if stored.startswith(b"$A$") and len(stored) == 70:
        rounds, salt, digest = int(stored[3:6], 16) * 1000, stored[7:27], stored[27:]
    elif stored.startswith(b"$5$") and stored.count(b"$") == 3:
        _, _, salt, digest = stored.split(b"$")
        rounds = 5000
    else:
        return False
    return sha256_crypt(password, salt, rounds) == digest.decode("latin-1")


def _fits_ed25519(stored, password):
    """The public key, in base64 without its last ``=``, of the secret key that SHA-512 makes of the password."""
    if not HAS_NACL:
        return None
    scalar = bytearray(hashlib.sha512(password).digest()[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    public = nacl.bindings.crypto_scalarmult_ed25519_base_noclamp(bytes(scalar))
    return base64.b64encode(public).rstrip(b"=") == stored.rstrip(b"=")


def _fits_parsec(stored, password):
    """``P0:`` + salt + ``:`` + public key: the secret key is PBKDF2 of the password, 1024 rounds shifted by the 0."""
    if not HAS_CRYPTOGRAPHY:
        return None
    try:
        kind, salt, public = stored.split(b":")
        rounds, salt = 1024 << int(kind[1:]), base64.b64decode(salt + b"==")
    except ValueError:
        return False
    seed = hashlib.pbkdf2_hmac("sha512", password, salt, rounds, 32)
    found = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return base64.b64encode(found).rstrip(b"=") == public.rstrip(b"=")


_COMPARE = {
    "mysql_native_password": _fits_native,
    "caching_sha2_password": _fits_sha2,
    "sha256_password": _fits_sha2,
    "ed25519": _fits_ed25519,
    "parsec": _fits_parsec,
}
PLUGINS = tuple(_COMPARE)
"""Authentication plugins that have passwords."""


def sha256_crypt(password, salt, rounds):
    """
    Return the hash of SHA-256 crypt (https://www.akkadia.org/drepper/SHA-crypt.txt), without its prefix.

    password, salt
        Bytes; unlike glibc's, this takes the 20 characters of salt that MySQL uses.

    rounds
        How often it is hashed.
    """
    sha = hashlib.sha256
    filler = sha(password + salt + password).digest()
    start = password + salt + _stretch(filler, len(password))
    length = len(password)
    while length:
        start += filler if length & 1 else password
        length >>= 1
    digest = sha(start).digest()
    by_password = _stretch(sha(password * len(password)).digest(), len(password))
    by_salt = _stretch(sha(salt * (16 + digest[0])).digest(), len(salt))
    for turn in range(rounds):
        block = by_password if turn & 1 else digest
        block += (by_salt if turn % 3 else b"") + (by_password if turn % 7 else b"")
        digest = sha(block + (digest if turn & 1 else by_password)).digest()
    return _crypt64(digest)


def _stretch(digest, length):
    return (digest * (length // len(digest) + 1))[:length]


def _crypt64(digest):
    """The 32 bytes in crypt's order and alphabet, least significant six bits first."""
    order = [(i, (i + 10) % 30, (i + 20) % 30) for i in (0, 21, 12, 3, 24, 15, 6, 27, 18, 9)]
    groups = [(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in order]
    groups.append((digest[31] << 8 | digest[30], 3))
    alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(alphabet[value >> 6 * place & 63] for value, size in groups for place in range(size))
