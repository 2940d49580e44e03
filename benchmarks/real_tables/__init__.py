"""Real tables from packages and from a folder, uploaded as they are, compared with pandas and scikit-learn."""
