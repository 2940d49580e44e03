"""Requests that make something count once by their Idempotency-Key, also when two of them come at the same moment.

What they make is shown again, but for access keys: their tokens are kept nowhere, and a repeat is told of the key.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.domain.access import Scope
from tests.app.api.guarded import bearer, guarded
from tests.app.api.serving import Json, Trainer, problem, serving, start, sweep_body, when_ended

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
POINTS = {"points": [{"learning_rate": 0.01}, {"learning_rate": 0.02}]}


def sweeps(client: httpx.Client) -> list[str]:
    return [sweep["id"] for sweep in client.get("/v1/sweeps").json()["items"]]


def post(client: httpx.Client, path: str, body: Json | None, status: int = 201) -> httpx.Response:
    answer = client.post(path, json=body, headers=KEY)
    assert answer.status_code == status, answer.text
    return answer


def test_a_sweep_that_is_posted_again_is_the_one_that_was_made(client: httpx.Client) -> None:
    first, again = (post(client, "/v1/sweeps", sweep_body()) for _ in range(2))
    assert first.json() == again.json()
    assert [answer.headers.get("Idempotency-Replayed") for answer in (first, again)] == [None, "true"]
    assert sweeps(client) == [first.json()["id"]]


def test_many_that_post_the_same_at_once_get_one_sweep(client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(client, "/v1/sweeps", sweep_body()), range(16)))
    assert {answer.json()["id"] for answer in answers} == set(sweeps(client))
    assert len(sweeps(client)) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == ["", *["true"] * 15]


def test_points_that_are_posted_again_are_the_trials_that_they_became(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    first, again = (post(client, f"/v1/sweeps/{sweep}/trials", POINTS).json() for _ in range(2))
    assert first == again
    assert first["trials"] == [4, 5]
    assert client.get(f"/v1/sweeps/{sweep}").json()["budget"]["trials"] == 6


def test_a_refinement_that_is_posted_again_is_one_sweep(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 20})["id"]
    trainer.train_everything([0.1 + 0.01 * number for number in range(20)])
    first, again = (post(client, f"/v1/sweeps/{sweep}/refine", None).json()["id"] for _ in range(2))
    assert first == again
    assert sweeps(client) == [first, sweep]


@pytest.mark.parametrize(("verb", "status"), [("refine", 201), ("retrain", 200)])
def test_what_was_made_of_a_sweep_is_answered_again_when_that_was_deleted(
    client: httpx.Client, trainer: Trainer, verb: str, status: int
) -> None:
    sweep = start(client, budget={"trials": 20})["id"]
    trainer.train_everything([0.1 + 0.01 * number for number in range(20)])
    when_ended(client, sweep)
    first = post(client, f"/v1/sweeps/{sweep}/{verb}", None, status).json()["id"]
    client.delete(f"/v1/sweeps/{sweep}").raise_for_status()
    again = post(client, f"/v1/sweeps/{sweep}/{verb}", None, status)
    assert (again.json()["id"], again.headers["Idempotency-Replayed"]) == (first, "true")
    assert client.post(f"/v1/sweeps/{sweep}/{verb}").status_code == 404
    assert sweeps(client) == [first]


def test_who_asks_for_a_retraining_that_was_there_is_known_again_too(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    trainer.train_everything()
    when_ended(client, sweep)
    made = client.post(f"/v1/sweeps/{sweep}/retrain").json()["id"]
    assert post(client, f"/v1/sweeps/{sweep}/retrain", None, 200).json()["id"] == made
    client.delete(f"/v1/sweeps/{sweep}").raise_for_status()
    assert post(client, f"/v1/sweeps/{sweep}/retrain", None, 200).json()["id"] == made


def test_a_sweep_and_points_are_answered_again_when_their_data_set_was_deleted(client: httpx.Client) -> None:
    table = "\n".join(["x,y", *(f"{number},{number % 2}" for number in range(60))])
    upload = client.post("/v1/datasets", files={"file": ("t.csv", table)}, data={"name": "t", "target": "y"})
    assert upload.is_success, upload.text
    sweep = post(client, "/v1/sweeps", sweep_body(dataset="t")).json()["id"]
    other = {"Idempotency-Key": "points"}
    points = client.post(f"/v1/sweeps/{sweep}/trials", json=POINTS, headers=other).json()
    client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
    client.delete("/v1/datasets/t").raise_for_status()
    assert post(client, "/v1/sweeps", sweep_body(dataset="t")).json()["id"] == sweep
    assert client.post(f"/v1/sweeps/{sweep}/trials", json=POINTS, headers=other).json() == points
    client.delete(f"/v1/sweeps/{sweep}").raise_for_status()
    assert client.post(f"/v1/sweeps/{sweep}/trials", json=POINTS, headers=other).status_code == 404


COUNTED_OTHERWISE = {
    "upload_dataset": "the same files and fields under the same name are found again",
}
"""POSTs that make something and have no Idempotency-Key, each with the reason."""


def test_every_post_that_makes_something_counts_once_by_a_key(shared: httpx.Client) -> None:
    found = [path["post"] for path in shared.get("/openapi.json").json()["paths"].values() if "post" in path]
    keyed = {one["operationId"] for one in found if "Idempotency-Key" in str(one.get("parameters"))}
    assert keyed == {"create_key", "create_sweep", "enqueue_points", "refine_sweep", "retrain_winner"}
    makes = {one["operationId"] for one in found if "201" in one["responses"]}
    assert makes - keyed == COUNTED_OTHERWISE.keys()


@pytest.mark.parametrize("other", [{"seed": 8}, {"name": "another"}])
def test_another_request_with_the_same_key_is_refused(client: httpx.Client, other: Json) -> None:
    made = post(client, "/v1/sweeps", sweep_body()).json()["id"]
    refused = client.post("/v1/sweeps", json=sweep_body(**other), headers=KEY)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert sweeps(client) == [made]


def test_a_request_that_was_refused_may_come_again_mended_with_its_key(client: httpx.Client) -> None:
    assert client.post("/v1/sweeps", json=sweep_body(dataset="gone"), headers=KEY).status_code == 422
    assert post(client, "/v1/sweeps", sweep_body()).headers.get("Idempotency-Replayed") is None


@pytest.mark.parametrize("key", ["", "k" * 256, "with space", "\u00fc"])
def test_a_key_that_no_header_should_have_is_refused(shared: httpx.Client, key: str) -> None:
    sent = {"Idempotency-Key": key.encode("latin-1")}
    refused = shared.post("/v1/sweeps", json=sweep_body(), headers=sent)  # type: ignore[arg-type]  # bytes are taken too
    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.text


def test_a_sweep_that_was_deleted_is_not_made_again(client: httpx.Client) -> None:
    made = post(client, "/v1/sweeps", sweep_body()).json()["id"]
    client.post(f"/v1/sweeps/{made}/cancel").raise_for_status()
    client.delete(f"/v1/sweeps/{made}").raise_for_status()
    assert client.post("/v1/sweeps", json=sweep_body(), headers=KEY).status_code == 404
    assert sweeps(client) == []


ACCESS_KEY: Json = {"name": "Ada's laptop", "scopes": ["read"]}


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client that makes keys, of a server that has some."""
    with guarded(tmp_path_factory.mktemp("keys")) as server:
        server.client.headers.update(bearer(server.good[Scope.ADMIN]))
        yield server.client


def ask_for_key(client: httpx.Client, key: str, **changed: object) -> httpx.Response:
    return client.post("/v1/keys", json={**ACCESS_KEY, **changed}, headers={"Idempotency-Key": key})


def access_keys(client: httpx.Client) -> list[str]:
    return [key["id"] for key in client.get("/v1/keys").raise_for_status().json()["items"]]


def test_who_asks_for_a_key_again_makes_none_and_is_told_which_there_is_and_the_way_out(admin: httpx.Client) -> None:
    made = ask_for_key(admin, "again").json()
    before = access_keys(admin)
    told = problem(ask_for_key(admin, "again"), 409)["detail"]
    assert f'made the access key "{made["id"]}" when it came before' in told
    assert f"logsweep key revoke {made['id']}" in told
    assert "new Idempotency-Key" in told
    assert made["token"] not in told
    assert access_keys(admin) == before
    admin.delete(f"/v1/keys/{made['id']}").raise_for_status()
    told = problem(ask_for_key(admin, "again"), 409)["detail"]
    assert f'"{made["id"]}" when it came before, which is revoked. Ask with a new Idempotency-Key' in told
    assert ask_for_key(admin, "another").status_code == 201


def test_many_that_ask_for_the_same_key_at_once_get_one(admin: httpx.Client) -> None:
    before = access_keys(admin)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask_for_key(admin, "at-once"), range(16)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 15]
    (made,) = set(access_keys(admin)) - set(before)
    assert all(made in answer.text for answer in answers)


def test_another_key_that_is_asked_for_with_the_same_text_is_refused_as_elsewhere(admin: httpx.Client) -> None:
    ask_for_key(admin, "other").raise_for_status()
    before = access_keys(admin)
    refused = problem(ask_for_key(admin, "other", scopes=["admin"]), 422)
    assert refused["errors"][0]["pointer"] == "/Idempotency-Key"
    assert access_keys(admin) == before


def test_a_key_that_was_refused_may_be_asked_for_mended_with_its_text(admin: httpx.Client) -> None:
    problem(ask_for_key(admin, "mended", scopes=[]), 422)
    assert ask_for_key(admin, "mended").status_code == 201


def test_a_key_is_not_made_again_after_a_restart_of_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, _):
        first = client.post("/v1/keys", json={"name": "mine", "scopes": ["admin"]}).json()
        headers = bearer(first["token"])
        client.headers.update(headers)
        made = ask_for_key(client, "restart").json()["id"]
    with serving(tmp_path) as (client, _):
        client.headers.update(headers)
        assert made in problem(ask_for_key(client, "restart"), 409)["detail"]
        assert access_keys(client) == [first["id"], made]
