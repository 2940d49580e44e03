"""The REST interface: routes, wire models and problems; no logic."""
