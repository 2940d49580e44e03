"""Quotas over HTTP: what is refused, how it is told, and that nobody gets around them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.access import KeyDraft, Scope
from app.domain.quotas import Quotas
from tests.app.api.guarded import Guarded, bearer, guarded
from tests.app.api.serving import Json, Trainer, places, problem, serving, start, sweep_body, when_ended
from tests.app.api.training import train_all

FORM = {"Content-Type": "multipart/form-data; boundary=x"}
HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="t.csv"\r\n\r\n'
TABLE = "".join(f"{row % 7},{row % 3},{row % 2}\n" for row in range(600))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with keys; each test has one of its own."""
    with guarded(tmp_path_factory.mktemp("quotas")) as opened:
        yield opened


@contextmanager
def ada(server: Guarded, **quotas: int) -> Iterator[httpx.Client]:
    """Give a client that asks with a new key with these quotas."""
    _, token = server.services.access.create(KeyDraft("Ada", [Scope.SUBMIT], quotas=Quotas(**quotas)))
    with httpx.Client(base_url=server.client.base_url, headers=bearer(token), timeout=30) as client:
        yield client


def as_admin(server: Guarded, method: str, path: str, **more: Any) -> httpx.Response:
    return server.client.request(method, path, headers=bearer(server.good[Scope.ADMIN]), **more)


def used(client: httpx.Client) -> Json:
    found: Json = client.get("/v1/keys/current").json()["used"]
    return found


def as_worker(server: Guarded) -> httpx.Client:
    return httpx.Client(base_url=server.client.base_url, headers=bearer(server.good[Scope.WORK]), timeout=30)


def train(server: Guarded) -> None:
    with as_worker(server) as client:
        Trainer(client, "w").train_everything()


def upload(client: httpx.Client, name: str, table: str = TABLE) -> httpx.Response:
    form = {"name": name, "target": "c"}
    return client.post("/v1/datasets", data=form, files={"file": (f"{name}.csv", "a,b,c\n" + table)})


def test_of_simultaneous_requests_one_gets_the_last_place(server: Guarded) -> None:
    with ada(server, sweeps=2, trials=7, epochs=100) as client:
        start(client)

        def post(_: int) -> int:
            return client.post("/v1/sweeps", json=sweep_body(budget={"trials": 3})).status_code

        with ThreadPoolExecutor(12) as pool:
            statuses = sorted(pool.map(post, range(12)))
        assert statuses == [201] + 11 * [403]
        assert {kind: used(client)[kind] for kind in ("sweeps", "trials", "epochs")} == {
            "sweeps": 2, "trials": 7, "epochs": 21,
        }  # fmt: skip


def test_all_quotas_that_are_gone_beyond_are_told_and_a_retry_is_not_invited(server: Guarded) -> None:
    with ada(server, sweeps=0, trials=3, epochs=11, bytes=0) as client:
        answer = client.post("/v1/sweeps", json=sweep_body())
        refused = problem(answer, 403)
        assert refused["detail"] == 'This goes beyond 4 quotas of the access key "Ada".'
        assert [one["pointer"] for one in refused["errors"]] == ["", "/budget/trials", "/budget/epochs", ""]
        assert "may train 11 epochs; 0 are trained or promised" in refused["errors"][2]["detail"]
        assert "would make it 12" in refused["errors"][2]["detail"]
        assert answer.headers.keys().isdisjoint({"Retry-After", "WWW-Authenticate"})
        assert client.get("/v1/sweeps", params={"name": "nothing"}).is_success
        assert used(client) == {"sweeps": 0, "trials": 0, "epochs": 0, "bytes": 0}


def test_a_request_with_other_faults_tells_those_first(server: Guarded) -> None:
    with ada(server, sweeps=0) as client:
        assert places(client.post("/v1/sweeps", json=sweep_body(budget={"trials": 0}))) == ["/budget/trials"]


def test_extending_enqueueing_and_refining_are_bounded_too(server: Guarded) -> None:
    with ada(server, trials=5) as client:
        sweep = start(client, budget={"trials": 3})["id"]
        address = f"/v1/sweeps/{sweep}"
        assert client.patch(address, json={"budget": {"trials": 4}}).is_success
        points = {"points": [{"learning_rate": 0.01}]}
        assert client.post(f"{address}/trials", json=points).status_code == 201
        for answer, place in (
            (client.patch(address, json={"budget": {"trials": 6}}), "/budget/trials"),
            (client.post(f"{address}/trials", json=points), "/points"),
        ):
            refused = problem(answer, 403)
            assert "5 are used or promised to open sweeps, and this would make it 6" in refused["detail"]
            assert [one["pointer"] for one in refused["errors"]] == [place]
        train(server)
        assert when_ended(client, sweep)["state"] == "completed"
        assert used(client)["trials"] == 5
        refused = problem(client.post(f"{address}/retrain"), 403)
        assert "may use 5 trials" in refused["detail"]
        assert [one["pointer"] for one in refused["errors"]] == [""]


def test_a_larger_space_and_a_wider_point_count(server: Guarded) -> None:
    with ada(server, epochs=100) as client:
        space = {"epochs": {"kind": "int", "low": 1, "high": 10}}
        sweep = start(client, space=space, fixed={"hidden_units": [4]})["id"]
        assert used(client)["epochs"] == 40
        wider = {"space": {"epochs": {"kind": "int", "low": 1, "high": 30}}}
        assert "would make it 120" in problem(client.patch(f"/v1/sweeps/{sweep}", json=wider), 403)["detail"]
        far = {"points": [{"epochs": 90}]}
        assert "would make it 450" in problem(client.post(f"/v1/sweeps/{sweep}/trials", json=far), 403)["detail"]
        within = {**wider, "budget": {"epochs": 100}}
        assert client.patch(f"/v1/sweeps/{sweep}", json=within).is_success
        assert used(client)["epochs"] == 100
        client.post(f"/v1/sweeps/{sweep}/cancel")
        assert used(client)["epochs"] == 0


def test_what_no_number_holds_is_counted_and_answered(server: Guarded) -> None:
    foreign = {"trainer": "external", "metrics": {"auc": "maximize"}, "objective": {"metric": "auc"}, "steps": 10**9}
    with ada(server) as client:
        space = {"x": {"kind": "float", "low": 0, "high": 1}}
        body = {**foreign, "space": space, "replicates": 10, "budget": {"trials": 999_999}}
        sweeps = [client.post("/v1/sweeps", json=body).json()["id"] for _ in range(2)]
        endless = {"budget": {"trials": 1_000_000, "epochs": 2**63 - 1}}
        for sweep in sweeps:
            assert client.post(f"/v1/sweeps/{sweep}/trials", json={"points": [{"x": 0.5}]}).status_code == 201
            assert client.patch(f"/v1/sweeps/{sweep}", json=endless).status_code == 200
        assert used(client) == {"sweeps": 2, "trials": 2_000_000, "epochs": 2**54, "bytes": 0}
        for sweep in sweeps:
            assert client.post(f"/v1/sweeps/{sweep}/cancel").is_success


def test_a_budget_of_epochs_that_others_give_takes_nothing(server: Guarded) -> None:
    with ada(server, epochs=100) as client, ada(server, sweeps=1) as other:
        address = f"/v1/sweeps/{start(client)['id']}"
        before = used(client)
        assert other.patch(address, json={"budget": {"epochs": 10**12}}).is_success
        assert used(client) == before
        client.post(f"{address}/cancel")


def test_the_sweeps_of_others_are_no_way_around(server: Guarded) -> None:
    with ada(server) as other, ada(server, trials=1) as client:
        sweep = start(other)["id"]
        more = client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 9}})
        assert "more only to sweeps that it made" in problem(more, 403)["detail"]
        assert client.patch(f"/v1/sweeps/{sweep}", json={"name": "known to all"}).is_success
        other.post(f"/v1/sweeps/{sweep}/cancel")


def test_an_upload_counts_as_it_is_stored_and_is_found_again_whatever_is_left(server: Guarded) -> None:
    with ada(server) as client:
        padded = TABLE.replace(",", " " * 50 + ",")
        assert upload(client, "leaves", padded).status_code == 201
        stored, key = used(client)["bytes"], client.get("/v1/keys/current").json()["id"]
        assert stored < len(padded)
        client.delete("/v1/datasets/leaves")
        assert as_admin(server, "PATCH", f"/v1/keys/{key}", json={"quotas": {"bytes": stored}}).is_success
        assert [upload(client, "leaves", padded).status_code for _ in range(2)] == [201, 200]
        client.delete("/v1/datasets/leaves")


def test_what_is_stored_counts_until_it_is_deleted(server: Guarded) -> None:
    with ada(server, bytes=30_000) as client:
        assert upload(client, "leaves").status_code == 201
        stored = used(client)["bytes"]
        assert 0 < stored <= 30_000
        assert upload(client, "leaves").status_code == 200
        assert upload(client, "same", TABLE).status_code == 201
        assert used(client)["bytes"] == stored
        key = client.get("/v1/keys/current").json()["id"]
        assert as_admin(server, "PATCH", f"/v1/keys/{key}", json={"quotas": {"bytes": stored + 10}}).is_success
        refused = problem(upload(client, "other", TABLE[:300]), 403)
        assert f"may store {stored + 10:,} bytes; {stored:,} are stored" in refused["detail"]
        assert "keep_models" not in refused["detail"]
        for name in ("leaves", "same"):
            assert client.delete(f"/v1/datasets/{name}").status_code == 204
        assert used(client)["bytes"] == 0


def test_models_that_are_kept_take_no_more_than_was_promised(server: Guarded) -> None:
    train(server)  # what the sweeps of others have left, so that the only run that is claimed is one of this one
    with ada(server, bytes=100_000) as client, as_worker(server) as working:
        sweep = start(client, budget={"trials": 2})["id"]
        promised = used(client)["bytes"]
        train_all(working, Trainer(working, "w"), slots=1)
        assert client.post(f"/v1/sweeps/{sweep}/cancel", params={"keep": True}).is_success
        when_ended(client, sweep)
        assert used(client)["bytes"] * 2 == promised > 0


def test_an_admin_changes_quotas_and_every_fault_is_told(server: Guarded) -> None:
    made = as_admin(
        server, "POST", "/v1/keys", json={"name": "Bob", "scopes": ["read"], "quotas": {"sweeps": 1, "bytes": 2**40}}
    ).json()
    assert made["quotas"] == {"sweeps": 1, "trials": None, "epochs": None, "bytes": 2**40}
    address = f"/v1/keys/{made['id']}"
    changed = as_admin(server, "PATCH", address, json={"quotas": {"trials": 5, "bytes": None}}).json()
    assert changed["quotas"] == {"sweeps": 1, "trials": 5, "epochs": None, "bytes": None}
    listed = as_admin(server, "GET", "/v1/keys", params={"limit": 500}).json()["items"]
    assert [one["quotas"] for one in listed if one["id"] == made["id"]] == [changed["quotas"]]
    for wrong, where in (
        (
            {"quotas": {"sweeps": -1, "trials": 1.5, "epochs": "9"}},
            ["/quotas/sweeps", "/quotas/trials", "/quotas/epochs"],
        ),
        ({"quotas": {"byte": 1}}, ["/quotas/byte"]),
        ({}, ["/quotas"]),
        ({"quotas": None}, ["/quotas"]),
        ([], [""]),
    ):
        assert places(as_admin(server, "PATCH", address, json=wrong)) == where
    problem(as_admin(server, "PATCH", "/v1/keys/key_9", json={"quotas": {}}), 404)
    refused = server.client.patch(address, json={"quotas": {}}, headers=bearer(server.good[Scope.SUBMIT]))
    assert "admin" in problem(refused, 403)["detail"]


def test_every_key_sees_itself_and_a_server_without_keys_has_none(server: Guarded, client: httpx.Client) -> None:
    for scope, token in server.good.items():
        shown = server.client.get("/v1/keys/current", headers=bearer(token)).json()
        assert (shown["name"], shown["scopes"]) == (scope, [scope])
    assert "asks for no key" in problem(client.get("/v1/keys/current"), 409)["detail"]


def test_quotas_outlive_a_restart_and_so_does_what_is_used(tmp_path: Path) -> None:
    with guarded(tmp_path) as server:
        _, token = server.services.access.create(KeyDraft("Ada", [Scope.SUBMIT], quotas=Quotas(trials=5)))
        answer = server.client.post("/v1/sweeps", json=sweep_body(), headers=bearer(token))
        assert answer.status_code == 201
    with serving(tmp_path) as (again, _):
        answer = again.post("/v1/sweeps", json=sweep_body(), headers=bearer(token))
        assert "may use 5 trials; 4 are used" in problem(answer, 403)["detail"]
