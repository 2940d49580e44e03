"""When no process may be forked: of what another thread has begun then, a child keeps a half that nobody ends."""

import os
import threading

forks_wait = threading.RLock()
"""A fork waits for whoever holds it."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=forks_wait.acquire, after_in_parent=forks_wait.release, after_in_child=forks_wait.release
    )
