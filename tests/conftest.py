"""Settings for all tests."""

import gc
import os
import signal
import time
from collections.abc import Generator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadGroupScheduling

from engine.kernels.switch import chosen, load

# Without it scikit-learn skips its checks of array API input; it counts only before SciPy is imported.
os.environ["SCIPY_ARRAY_API"] = "1"

# Where compiled kernels are kept: with what pytest itself leaves, not in the cache of who runs the tests.
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache" / "caches")

# A suite that a shell starts in the background ignores Ctrl-C, and so would every command that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machines of continuous integration are shared: how long one example takes says nothing.
settings.register_profile("logsweep", deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("logsweep")

FUZZ_SECONDS = float(os.environ.get("LOGSWEEP_FUZZ_SECONDS", "0"))
"""For how long each search that is marked `parser` goes on; `make test-faults` gives each ten minutes."""

# Ten thousand tests are no garbage: neither while they are collected, nor at each look for it while they run.
gc.disable()


def pytest_collection(session: pytest.Session) -> None:
    """Import the test modules in another order in each process: what one has compiled the others find.

    In a new clone that is half of what collection takes.
    """
    worker, processes = os.environ.get("PYTEST_XDIST_WORKER"), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if worker is None or session.config.args != session.config.getini("testpaths"):
        return
    modules = sorted(Path(__file__).parent.rglob("test_*.py"))
    first = int(worker.removeprefix("gw")) * len(modules) // processes
    for file in modules[first:] + modules[:first]:
        with suppress(Exception, pytest.skip.Exception):  # collection imports it again, and tells why it cannot
            import_module(".".join(file.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Look for garbage from now on, among what the tests make."""
    gc.freeze()
    gc.enable()


LONGEST = (
    "tests/documents/",
    "tests/browser/",
    "tests/faults/",
    "tests/app/api/test_every_pair.py",
    "tests/system/",
    "tests/engine/estimators/",
    "tests/suites/",
    "tests/app/api/",
)
"""Where modules are that take more than ten seconds, the longest first."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest modules, so that of several processes none is left with one of them at the end."""
    items.sort(key=lambda item: [not item.nodeid.startswith(place) for place in LONGEST])


class ModuleScheduling(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """Give each process whole modules, or the groups that marks make of several.

    What the tests of a module share is made once, and most tests take less time than it takes to hand one out.
    """

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return scope.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ModuleScheduling | None:
    """Hand the tests out by modules where --dist loadgroup asks for groups."""
    return ModuleScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Search again with other examples until the time that each parser has is over."""
    began, rounds = time.monotonic(), 1
    result = yield
    if FUZZ_SECONDS and pyfuncitem.get_closest_marker("parser"):
        given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        while time.monotonic() - began < FUZZ_SECONDS:
            pyfuncitem.obj(**given)
            rounds += 1
        pyfuncitem.add_report_section("call", "search", f"{rounds:,} rounds in {time.monotonic() - began:,.0f} s")
    return result


def pytest_sessionstart() -> None:
    """Compile the kernels before the first test: within one, the leases of what it trains could run out meanwhile."""
    if chosen() == "compiled":
        load()
