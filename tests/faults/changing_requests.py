"""Every request that changes something, each with what it needs to be there before."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import httpx

from app.contract.rules import CURRENT_RULES
from app.domain.work import OWN_TRAINER
from tests.app.api.serving import Json, Trainer, curve_point, finished, start, sweep_body

WORKER = "walker"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the sweep that it is about.

    `repeated` are refusals with which a second one may be answered if the first was done and its answer lost.
    """

    method: str
    path: str
    sweep: str | None = None
    body: Json | None = None
    content: bytes | None = None
    form: Mapping[str, Any] | None = None
    repeated: frozenset[int] = frozenset()

    def send(self, client: httpx.Client, key: str) -> httpx.Response:
        """Send the request, under a key by which the server knows it again."""
        headers = {"Idempotency-Key": key}
        return client.request(
            self.method, self.path, json=self.body, content=self.content, files=self.form, headers=headers
        )


Make = Callable[[httpx.Client, int], Asked]
"""Prepares what a request needs, and returns it; the number makes names differ."""

REQUESTS: dict[str, Make] = {}


def _request(make: Make) -> Make:
    REQUESTS[make.__name__.replace("_", " ")] = make
    return make


@_request
def create_a_sweep(_: httpx.Client, __: int) -> Asked:
    return Asked("POST", "/v1/sweeps", body=sweep_body())


@_request
def change_budget_and_notes(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return Asked("PATCH", f"/v1/sweeps/{sweep}", sweep, {"budget": {"trials": 6}, "notes": "more"})


@_request
def change_the_space(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    space = {"learning_rate": {"kind": "float", "low": 1e-3, "high": 0.1, "scale": "log"}}
    return Asked("PATCH", f"/v1/sweeps/{sweep}", sweep, {"space": space})


@_request
def pause_a_sweep(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return Asked("POST", f"/v1/sweeps/{sweep}/pause", sweep)


@_request
def resume_a_sweep(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    client.post(f"/v1/sweeps/{sweep}/pause").raise_for_status()
    return Asked("POST", f"/v1/sweeps/{sweep}/resume", sweep)


@_request
def cancel_a_sweep(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return Asked("POST", f"/v1/sweeps/{sweep}/cancel", sweep)


@_request
def delete_a_sweep(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
    return Asked("DELETE", f"/v1/sweeps/{sweep}", sweep, repeated=frozenset({404}))


@_request
def enqueue_points(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return Asked("POST", f"/v1/sweeps/{sweep}/trials", sweep, {"points": [{"learning_rate": 0.01}]})


@_request
def retrain_the_winner(client: httpx.Client, _: int) -> Asked:
    sweep = _ended(client, 4)
    return Asked("POST", f"/v1/sweeps/{sweep}/retrain", sweep)


@cache  # a refinement leaves it as it was
def _refinable(client: httpx.Client) -> str:
    return _ended(client, 20)


@_request
def refine_a_sweep(client: httpx.Client, _: int) -> Asked:
    sweep = _refinable(client)
    return Asked("POST", f"/v1/sweeps/{sweep}/refine", sweep, {"sampler": {"kind": "tpe"}, "budget": {"trials": 3}})


@_request
def upload_a_table(_: httpx.Client, number: int) -> Asked:
    rows = "".join(f"{value},{value % 3},{'ab'[value % 2]}\n" for value in range(number, number + 40))
    file = (f"t{number}.csv", f"x,y,kind\n{rows}".encode())
    return Asked("POST", "/v1/datasets", form={"file": file, "target": (None, "kind"), "name": (None, f"t{number}")})


@_request
def delete_a_table(client: httpx.Client, number: int) -> Asked:
    asked = upload_a_table(client, 100_000 + number)
    name = client.post(asked.path, files=asked.form).raise_for_status().json()["name"]
    return Asked("DELETE", f"/v1/datasets/{name}", repeated=frozenset({404}))


@_request
def claim_runs(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return _work("claim", sweep, trainer=OWN_TRAINER, rules=CURRENT_RULES, slots=2)


@_request
def keep_leases(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return _work("heartbeat", sweep, leases=_trainer(client).leases(2))


@_request
def report_epochs(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    leases = _trainer(client).leases(2)
    return _work("report", sweep, items=[{"lease": one, "epochs": [curve_point(1), curve_point(2)]} for one in leases])


@_request
def finish_runs(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    model = _trainer(client).hand_in(b"some weights")
    return _work("finish", sweep, items=[finished(one, 0.25, model=model) for one in _trainer(client).leases(4)])


@_request
def give_runs_back(client: httpx.Client, _: int) -> Asked:
    sweep = start(client)["id"]
    return _work("release", sweep, items=[{"lease": one} for one in _trainer(client).leases(2)])


@_request
def hand_in_weights(_: httpx.Client, number: int) -> Asked:
    content = b"weights %d" % number
    return Asked("PUT", f"/v1/work/artifacts/{hashlib.sha256(content).hexdigest()}", content=content)


@_request
def hand_in_small_weights_together(_: httpx.Client, number: int) -> Asked:
    return Asked("POST", "/v1/work/artifacts?size=6&size=6", content=b"%06d%06d" % (number, number + 1))


@_request
def hand_in_a_checkpoint(_: httpx.Client, number: int) -> Asked:
    content = b"checkpoint %d" % number
    return Asked("PUT", f"/v1/work/checkpoints/{hashlib.sha256(content).hexdigest()}", content=content)


def _make_a_key(_: httpx.Client, number: int) -> Asked:
    body = {"name": f"key {number}", "scopes": ["read"]}
    return Asked("POST", "/v1/keys", body=body, repeated=frozenset({409}))  # the token is shown once


def _revoke_a_key(client: httpx.Client, number: int) -> Asked:
    made = _make_a_key(client, number).send(client, uuid4().hex).raise_for_status().json()
    return Asked("DELETE", f"/v1/keys/{made['id']}")


def _change_a_key(client: httpx.Client, number: int) -> Asked:
    made = _make_a_key(client, number).send(client, uuid4().hex).raise_for_status().json()
    return Asked("PATCH", f"/v1/keys/{made['id']}", body={"quotas": {"sweeps": 3}})


REQUESTS_ABOUT_KEYS: dict[str, Make] = {
    "make a key": _make_a_key,
    "change a key": _change_a_key,
    "revoke a key": _revoke_a_key,
}
"""The same for a server that has keys: on another one the first key would shut the others out."""


def _ended(client: httpx.Client, trials: int) -> str:
    sweep = str(start(client, budget={"trials": trials})["id"])
    _trainer(client).train_everything([0.1 + 0.01 * number for number in range(trials)])
    assert client.get(f"/v1/sweeps/{sweep}", params={"wait": 20}).json()["state"] == "completed"
    return sweep


def _trainer(client: httpx.Client) -> Trainer:
    return Trainer(client, WORKER)


def _work(verb: str, sweep: str, **fields: Any) -> Asked:
    return Asked("POST", f"/v1/work/{verb}", sweep, {"worker": WORKER, **fields})
