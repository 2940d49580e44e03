"""The worker: a process that leases runs over HTTP, trains them in stacks, and reports."""
