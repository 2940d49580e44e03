"""Tokens: the text that a client sends for an access key, and what the server keeps of it.

A token is `lsk_`, the public part of the key's id, and its secret: 256 random bits. The server keeps the SHA-256 of the
secret alone. A slow hash, which makes passwords dear to guess, would add nothing: nobody guesses 256 random bits, and
each request would cost what a guess was meant to.
"""

import hmac
import re
from hashlib import sha256

PREFIX = "lsk_"
KEY_PREFIX = "key"
SECRET_BYTES = 32

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # that of ids
_TOKEN = re.compile(f"{PREFIX}([{_ALPHABET}]{{26}})_([{_ALPHABET}]{{52}})")


def make_token(key: str, secret: bytes) -> str:
    """Return the token of the key with this id, and of a secret of SECRET_BYTES."""
    number = int.from_bytes(secret)
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(255, -1, -5))
    return f"{PREFIX}{key.removeprefix(f'{KEY_PREFIX}_')}_{letters}"


def key_of(token: str) -> str | None:
    """Return the id of the key that a token names; None for a text that is no token."""
    found = _TOKEN.fullmatch(token)
    return None if found is None else f"{KEY_PREFIX}_{found[1]}"


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token's secret, which is what stands behind its last _; any other text has one too."""
    return sha256(token.rpartition("_")[2].encode("utf-8", "surrogatepass")).hexdigest()


def is_same(known: str | None, found: str) -> bool:
    """Return whether a hash is the known one, in a time that does not tell where they differ.

    Where none is known the same comparison is made, with what no secret has.
    """
    return hmac.compare_digest(known or _NOBODY, found) and known is not None


_NOBODY = "0" * 64
