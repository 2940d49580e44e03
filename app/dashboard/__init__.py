"""The dashboard: static files that a browser runs as they are, and the policy under which it does."""
