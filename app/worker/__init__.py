"""The worker: a process that leases trials over HTTP, trains them in stacks, and reports."""
