"""TLS by files: a certificate with its chain, and its key."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Tls:
    """The files of a server's certificate, with its chain, and of its key."""

    certificate: Path
    key: Path

    def require_usable(self) -> None:
        """Raise Unavailable, with the reason, if no connection could be made with these files."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key, _no_password)
        except (OSError, ValueError) as error:  # what is wrong with a certificate is an OSError too
            raise Unavailable(
                f"The TLS certificate {self.certificate} and its key {self.key} cannot be used: {error}. "
                "Name PEM files that belong together, and a key without a password."
            ) from None


def _no_password() -> str:
    raise ValueError("the key has a password, which nobody is there to type")


def tls_of(certificate: Path | None, key: Path | None) -> Tls | None:
    """Return the files, or None if none are named. Raises Unavailable if one of them is missing or cannot be used."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Unavailable("TLS needs both files: name --tls-certificate and --tls-key, or neither.")
    tls = Tls(certificate, key)
    tls.require_usable()
    return tls
