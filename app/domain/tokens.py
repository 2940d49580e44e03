"""Tokens: the text that a client sends for an access key, and what the server keeps of it.

A token is `lsk_`, the public part of the key's id, and its secret: 256 random bits. The server keeps the SHA-256 of the
secret alone. A slow hash, which makes passwords dear to guess, would add nothing: nobody guesses 256 random bits, and
each request would cost what a guess was meant to.
"""

from hashlib import sha256

PREFIX = "lsk_"
KEY_PREFIX = "key"
SECRET_BYTES = 32

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # that of ids


def make_token(key: str, secret: bytes) -> str:
    """Return the token of the key with this id, and of a secret of SECRET_BYTES."""
    number = int.from_bytes(secret)
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(255, -1, -5))
    return f"{PREFIX}{key.removeprefix(f'{KEY_PREFIX}_')}_{letters}"


def is_of(token: str, key: str) -> bool:
    """Return whether a token, whose secret is that of the key with this id, names that key too."""
    return token.rpartition("_")[0] == PREFIX + key.removeprefix(f"{KEY_PREFIX}_")


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token's secret, which is what stands behind its last _; any other text has one too.

    By it alone keys are looked up, so that all wrong tokens cost the same, whether they name a key or none, and nobody
    who does not know the secret can choose what is compared.
    """
    return sha256(token.rpartition("_")[2].encode("utf-8", "surrogatepass")).hexdigest()
