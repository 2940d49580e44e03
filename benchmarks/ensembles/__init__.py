"""What an ensemble of a sweep's models is worth beside its best trial, on public tables, through a real server."""
