"""Values as people read them in what commands print."""

import json


def figure(value: object) -> str:
    """Return a value as people read it: four digits that count, a dash for what is missing."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {figure(one)}" for name, one in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
