"""Figures in sentences: as many digits as say something, and no power of ten where a reader expects a number."""

from math import floor, log10

_PLAIN = 1e15
"""From here on a power of ten is easier to read."""


def figure(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, at least those before the point: 0.01234, 10,847, 900."""
    if not 1.0 <= abs(value) < _PLAIN:
        return f"{value:.{digits}g}"
    places = max(digits - 1 - floor(log10(abs(value))), 0)
    whole, _, rest = f"{value:,.{places}f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole
