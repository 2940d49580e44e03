"""Connections to the one server that has a known certificate, whatever the name that it is for."""

import ssl
from pathlib import Path

import httpx

from app.domain.errors import Unavailable


def pinned(certificate: Path) -> httpx.HTTPTransport:
    """Return a transport that trusts this certificate alone: workers reach their own server by a loopback address.

    Raises Unavailable for a file that is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the certificate itself is checked, and is of one server
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it may have been issued by others, who are not asked
    try:
        context.load_verify_locations(certificate)
    except OSError as error:  # what is wrong with a certificate is an OSError too
        way = "Name the PEM file that the server was given as --tls-certificate"
        raise Unavailable(f"The certificate {certificate} of the server cannot be used: {error}. {way}.") from None
    return httpx.HTTPTransport(verify=context)
