"""Connections to the one server that has a known certificate, whatever the name that it is for."""

import ssl
from pathlib import Path

import httpx


def pinned(certificate: Path) -> httpx.HTTPTransport:
    """Return a transport that trusts this certificate alone: workers reach their own server by a loopback address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the certificate itself is checked, and is of one server
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it may have been issued by others, who are not asked
    context.load_verify_locations(certificate)
    return httpx.HTTPTransport(verify=context)
