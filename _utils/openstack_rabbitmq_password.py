"""
Passwords as RabbitMQ keeps them: base64 of a salt of four bytes and the hash of salt and password.

A password is compared with what the broker has instead of logging in with it: nothing is sent, no failed attempt is
counted or logged, and it works for a user who may not log in from here.
"""

import base64
import binascii
import hashlib
import secrets

NEW = "rabbit_password_hashing_sha256"
_HASHES = {NEW: "sha256", "rabbit_password_hashing_sha512": "sha512", "rabbit_password_hashing_md5": "md5"}
_SALT = 4  # bytes


def fits(algorithm, stored, password):
    """Tell whether ``stored`` is of the password; ``False`` for an algorithm that is not RabbitMQ's own."""
    if algorithm not in _HASHES or not stored:
        return False
    try:
        salt = base64.b64decode(stored, validate=True)[:_SALT]
    except binascii.Error:
        return False
    return secrets.compare_digest(stored, _hash(password, algorithm, salt))


def make(password, algorithm=None):
    """Return ``(algorithm, stored)`` of a password, by the given algorithm where it is RabbitMQ's own."""
    algorithm = algorithm if algorithm in _HASHES else NEW
    return algorithm, _hash(password, algorithm, secrets.token_bytes(_SALT))


def _hash(password, algorithm, salt):
    digest = hashlib.new(_HASHES[algorithm], salt + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(salt + digest).decode()
