"""The README and the documents, run as they stand."""
