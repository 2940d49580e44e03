"""Tests of the OpenAPI document and of the routes about the service itself."""

from typing import Any

import httpx
import pytest

from tests.app.api.serving import problem

OPERATIONS = {
    "list_datasets", "upload_dataset", "preview_dataset", "get_dataset", "delete_dataset", "get_dataset_content",
    "list_hyperparameters", "list_metrics",
    "preview_space",
    "create_sweep", "list_sweeps", "get_sweep", "change_sweep", "delete_sweep", "get_best_trial",
    "retrain_winner", "pause_sweep", "resume_sweep", "cancel_sweep", "list_decisions", "get_why",
    "list_trials", "enqueue_points", "get_trial", "get_curve", "list_attempts",
    "list_models", "get_model", "get_answers", "predict_rows",
    "evaluate_model", "get_diagnosis", "get_analysis", "get_leaderboard",
    "get_ensemble", "get_ensemble_model", "get_ensemble_answers", "predict_by_ensemble", "evaluate_ensemble",
    "check_gradient",
    "claim_runs", "keep_leases", "report_epochs", "finish_runs", "release_leases",
    "add_artifact",
        "add_small_artifacts", "look_for_artifact", "get_artifact",
    "add_checkpoint", "look_for_checkpoint", "get_checkpoint",
    "follow_events", "follow_sweep", "list_workers",
    "chart_progress", "chart_curves", "chart_points", "export_results", "refine_sweep",
    "take_backup",
    "create_key", "list_keys", "change_key", "get_current_key", "revoke_key",
    "get_health", "get_readiness", "scrape_meters",
}  # fmt: skip  # one line for each resource


@pytest.fixture(scope="module")
def document(shared: httpx.Client) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = shared.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()}


def test_operation_ids_are_stable(document: dict[str, Any]) -> None:
    assert operations(document).keys() == OPERATIONS


def test_bodies_that_routes_read_themselves_are_described(document: dict[str, Any]) -> None:
    names = ("create_sweep", "check_gradient", "predict_rows", "claim_runs", "keep_leases", "report_epochs")
    for name in (*names, "finish_runs", "release_leases"):
        (content,) = operations(document)[name]["requestBody"]["content"].values()
        schema = content["schema"]["$ref"].rsplit("/", 1)[1]
        assert document["components"]["schemas"][schema]["required"]
    assert "low" in document["components"]["schemas"]["FloatBody"]["properties"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(every_reference(document))
    assert len(references) > 10
    known = document["components"]["schemas"]
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= known.keys()


def every_reference(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for inner in value.values() for reference in every_reference(inner)]
    return [reference for inner in value for reference in every_reference(inner)] if isinstance(value, list) else []


def test_every_operation_tells_of_problems(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        assert "application/problem+json" in operation["responses"]["4XX"]["content"]
        assert "422" not in operation["responses"]


def test_the_pages_that_fetch_from_elsewhere_are_gone(shared: httpx.Client) -> None:
    assert "://" not in shared.get("/docs").text
    problem(shared.get("/redoc"), 404)


def test_health_and_readiness_tell_what_runs(shared: httpx.Client) -> None:
    assert shared.get("/healthz").json()["status"] == "ok"
    assert shared.get("/readyz").json()["sqlite"].startswith("3.")


def test_a_query_parameter_that_is_wrong_is_a_problem_without_an_echo_of_internals(shared: httpx.Client) -> None:
    found = problem(shared.get("/v1/sweeps", params={"limit": "x"}), 422)
    assert found["errors"][0]["pointer"] == "/limit"
    assert "pydantic" not in str(found)
