"""The sweep service: REST API, storage, workers and the rooms between them."""
