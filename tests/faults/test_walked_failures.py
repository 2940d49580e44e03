"""For every request that changes something the k-th call of the database fails, k = 1, 2, 3, ... until none is left.

Such a request succeeds or is answered with 5xx; sent again once the database is well, it succeeds, and what is there
then is what is there after a request that nothing disturbed: never a half of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest

from app.domain.access import Scope
from app.services.services import Services
from tests.app.api.guarded import bearer, guarded
from tests.app.api.serving import serving
from tests.faults.changing_requests import REQUESTS, REQUESTS_ABOUT_KEYS, WORKER, Asked, Make
from tests.faults.failing_database import Failing, failing_calls
from tests.system.processes import until

SHOWN = ("state", "counts", "budget", "space", "waiting_points")
SHOWN_OF_TRIALS = ("number", "state", "params", "value", "epochs")


@dataclass(frozen=True)
class Scene:
    """A server whose database can fail."""

    client: httpx.Client
    services: Services
    failing: Failing


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server for all requests; what each needs is made anew."""
    with failing_calls() as failing, serving(tmp_path_factory.mktemp("walked")) as (client, services):
        yield Scene(client, services, failing)


def walk(scene: Scene, make: Make, steps: Iterable[int], *, lasting: bool) -> int:
    """Let one call after the other fail; return how many there were until the request came through."""
    undisturbed = make(scene.client, 1000)
    expected = outcome(scene, undisturbed, undisturbed.send(scene.client, f"{make.__name__}-{lasting}"))
    for step in steps:
        asked = make(scene.client, 2000 + 2 * step + lasting)
        key = f"{make.__name__}-{lasting}-{step}"
        answer = disturbed(scene, asked, key, step, lasting=lasting)
        assert answer.is_success or answer.status_code >= 500, answer.text
        again = asked.send(scene.client, key)
        assert again.is_success or again.status_code in asked.repeated, again.text
        assert outcome(scene, asked, again) == expected, f"call {step} failed, and left something else"
        if not scene.failing.failed:
            return step - 1
    raise AssertionError("it never came through")


def disturbed(scene: Scene, asked: Asked, key: str, step: int, *, lasting: bool) -> httpx.Response:
    """Return the answer to a request in which a call fails."""
    scene.failing.arm(step, lasting=lasting)
    try:
        return asked.send(scene.client, key)
    finally:
        scene.failing.mend()


def outcome(scene: Scene, asked: Asked, answer: httpx.Response) -> Mapping[str, Any]:
    """Return what there is of the sweep that a request was about, or made, once all that goes on by itself is done.

    Then what is open is ended, so that nothing of it is in the way of others.
    """
    scene.services.work.lose_worker(WORKER, "released", "for a look")
    sweep = asked.sweep
    if asked.path.endswith(("/sweeps", "/refine", "/retrain")):
        sweep = answer.json()["id"]
    if sweep is None or scene.client.get(f"/v1/sweeps/{sweep}").status_code == 404:
        return {"sweep": None}
    until(lambda: planned(scene, sweep), "the sweep is planned")
    found = scene.client.get(f"/v1/sweeps/{sweep}").json()
    trials = scene.client.get(f"/v1/sweeps/{sweep}/trials").json()["items"]
    if found["state"] in {"running", "paused"}:
        scene.client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
    # A refinement draws a seed of its own.
    names = [name for name in SHOWN_OF_TRIALS if name != "params" or not asked.path.endswith("/refine")]
    shown = [{name: trial[name] for name in names} for trial in trials]
    told = {"notes": found["notes"].replace(asked.sweep or sweep, "SWEEP")}
    return {name: found[name] for name in SHOWN} | told | {"trials": shown}


def planned(scene: Scene, sweep: str) -> bool:
    scene.services.planner.wait_idle()
    return scene.services.planner.trouble(sweep) is None


IN_THE_DATABASE = [name for name in REQUESTS if name != "hand in a checkpoint"]
"""Checkpoints are files of a cache."""

SLOW = {"upload a table", "delete a table"}
"""Each step reads a table, in a process of its own."""


@pytest.mark.parametrize("name", sorted(set(IN_THE_DATABASE) - SLOW))
def test_whichever_call_fails_nothing_is_done_by_half(scene: Scene, name: str) -> None:
    assert walk(scene, REQUESTS[name], count(1), lasting=False) > 0


@pytest.mark.large
@pytest.mark.parametrize("name", sorted(SLOW))
def test_whichever_call_of_an_upload_fails_nothing_is_done_by_half(scene: Scene, name: str) -> None:
    assert walk(scene, REQUESTS[name], count(1), lasting=False) > 0


@pytest.mark.large
@pytest.mark.parametrize("name", IN_THE_DATABASE)
def test_whichever_call_fails_and_all_after_it_nothing_is_done_by_half(scene: Scene, name: str) -> None:
    assert walk(scene, REQUESTS[name], count(1), lasting=True) > 0


@pytest.fixture(scope="module")
def guarded_scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server that has keys; who walks through it is an admin."""
    with failing_calls() as failing, guarded(tmp_path_factory.mktemp("guarded")) as server:
        server.client.headers.update(bearer(server.good[Scope.ADMIN]))
        yield Scene(server.client, server.services, failing)


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("name", REQUESTS_ABOUT_KEYS)
def test_whichever_call_of_a_request_about_keys_fails_nothing_is_done_by_half(
    guarded_scene: Scene, name: str, lasting: bool
) -> None:
    assert walk(guarded_scene, REQUESTS_ABOUT_KEYS[name], count(1), lasting=lasting) > 0


WITHOUT_CHANGE = {
    "POST /v1/datasets/preview",
    "POST /v1/spaces/preview",
    "POST /v1/gradient-checks",
    "POST /v1/backup",
    *(
        f"POST /v1/sweeps/{{sweep}}/{of}/{verb}"
        for of in ("trials/{number}", "ensemble")
        for verb in ("predict", "evaluate")
    ),
}


def test_every_request_that_changes_something_is_walked_through(scene: Scene) -> None:
    document = scene.client.get("/openapi.json").json()
    changing = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations.keys() & {"post", "put", "patch", "delete"}
    }
    walked = set[str]()
    keys = {f"{method} /v1/keys{rest}" for method, rest in (("POST", ""), ("PATCH", "/{key}"), ("DELETE", "/{key}"))}
    for number, make in enumerate(REQUESTS.values()):
        asked = make(scene.client, 5000 + number)
        walked.add(next(one for one in changing if fits(asked, one)))
        outcome(scene, asked, asked.send(scene.client, f"named-{number}"))
    assert changing - walked == WITHOUT_CHANGE | keys


def fits(asked: Asked, route: str) -> bool:
    """Return whether a request is one of a route."""
    method, _, template = route.partition(" ")
    wanted, path = template.split("/"), asked.path.partition("?")[0].split("/")
    same = len(wanted) == len(path) and all(
        one in {other, "{sweep}", "{name}", "{sha256}", "{key}"} for one, other in zip(wanted, path, strict=True)
    )
    return same and method == asked.method
