"""`logsweep key` does the same on a folder that no server uses and on a server that runs."""

import os
import stat
from pathlib import Path

import httpx
import pytest

from app.domain.errors import Unavailable
from app.key_files import find_key
from app.storage import FILE
from tests.app.commands.conftest import Run, told
from tests.app.storage.new_database import put_new_database


@pytest.fixture(params=["folder", "server"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands work on a folder, or on the server of `run`; return a folder for files."""
    request.getfixturevalue("run")  # which names its server
    if request.param == "folder":
        monkeypatch.delenv("LOGSWEEP_SERVER")
        monkeypatch.setenv("LOGSWEEP_DATA", str(tmp_path / "other"))
    return tmp_path


def test_a_key_is_made_used_listed_and_revoked(run: Run, where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = where / "admin.key"
    run("key", "create", "mine", "--scope", "admin", "--file", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", str(file))
    token = run("key", "create", "Ada", "--scope", "read", "--scope", "work", "--days", "1").stdout.strip()
    assert token.startswith("lsk_")
    first, second = told(run("key", "list", "--json"))
    assert (first["scopes"], second["scopes"]) == (["admin"], ["read", "work"])
    assert second["id"].removeprefix("key_") in token
    assert second["expires_at"] is not None
    assert told(run("key", "revoke", second["id"], "--json")) == {"revoked": second["id"]}
    assert told(run("key", "list", "--json"))[1]["revoked_at"] is not None
    assert "Ada" in run("key", "list").stdout
    assert "key_9" in run("key", "revoke", "key_9", code=1).stderr


def test_a_key_that_is_made_is_told_as_json_and_its_token_only_where_no_file_has_it(
    run: Run, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = where / "admin.key"
    kept = told(run("key", "create", "mine", "--scope", "admin", "--file", str(file), "--json"))
    assert (kept["name"], kept["file"], "token" in kept) == ("mine", str(file), False)
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", str(file))
    shown = told(run("key", "create", "Ada", "--scope", "read", "--max-trials", "5", "--json"))
    assert shown["id"].removeprefix("key_") in shown["token"]
    every = told(run("key", "list", "--json"))
    assert [one["id"] for one in every] == [kept["id"], shown["id"]]
    assert {name: shown[name] for name in every[1]} == every[1]


def test_a_file_that_is_there_is_left_and_no_key_is_made(run: Run, where: Path) -> None:
    file = where / "admin.key"
    file.write_text("mine")
    assert "is there already" in run("key", "create", "mine", "--scope", "admin", "--file", str(file), code=1).stderr
    assert file.read_text() == "mine"
    assert not (where / "other").exists()
    if "LOGSWEEP_SERVER" in os.environ:
        assert told(run("key", "list", "--json")) == []


def test_a_refused_key_leaves_no_file(run: Run, where: Path) -> None:
    file = where / "late.key"
    refused = run("key", "create", "late", "--scope", "read", "--days", "-1", "--file", str(file), code=1)
    assert "already" in refused.stderr
    assert not file.exists()


@pytest.mark.usefixtures("where")
@pytest.mark.parametrize("command", ["list", "quotas"])
def test_ids_of_keys_can_be_copied_from_a_narrow_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    made = told(run("key", "create", "mine", "--scope", "admin", "--json"))
    monkeypatch.setenv("LOGSWEEP_KEY", made["token"])
    monkeypatch.setenv("COLUMNS", "60")
    assert made["id"] in run("key", command).stdout


@pytest.mark.parametrize("days", ["1e9", "nan", "inf"])
def test_days_that_lead_to_no_date_are_refused_in_a_sentence(run: Run, days: str) -> None:
    refused = run("key", "create", "late", "--scope", "read", "--days", days, code=1)
    assert refused.stderr.startswith("No date is ")
    assert "leave --days out" in refused.stderr


def lose_answers(monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
    """Let the network lose the answers to the first tries to make a key."""
    send, lost = httpx.HTTPTransport.handle_request, list[str]()

    def losing(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        answer = send(transport, request)
        if (request.method, request.url.path) != ("POST", "/v1/keys") or len(lost) == tries:
            return answer
        answer.read()
        lost.append(request.headers["Idempotency-Key"])
        raise httpx.ReadTimeout("lost", request=request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", losing)  # the network, and nothing of ours


def test_a_key_whose_answer_was_lost_is_named_with_the_way_out(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("key", "create", "mine", "--scope", "admin", "--file", str(tmp_path / "admin.key"))
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", str(tmp_path / "admin.key"))
    lose_answers(monkeypatch, tries=1)
    file = tmp_path / "ada.key"
    refused = run("key", "create", "Ada", "--scope", "read", "--file", str(file), code=1).stderr
    _, lost = told(run("key", "list", "--json"))
    assert f"logsweep key revoke {lost['id']}" in refused
    assert not file.exists()
    run("key", "revoke", lost["id"])


def test_who_gets_no_answer_at_all_is_told_that_there_may_be_a_key(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("key", "create", "mine", "--scope", "admin", "--file", str(tmp_path / "admin.key"))
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", str(tmp_path / "admin.key"))
    monkeypatch.setattr("logsweep.exchange.USUAL_SECONDS", 0.5)  # in place of a minute of tries
    lose_answers(monkeypatch, tries=1000)
    told_of_it = run("key", "create", "Ada", "--scope", "read", code=1).stderr
    assert "Whether the key was made is not known. Look with `logsweep key list`" in told_of_it
    assert [one["name"] for one in told(run("key", "list", "--json"))] == ["mine", "Ada"]


def test_a_command_without_a_key_says_that_one_is_missing(run: Run, client: httpx.Client) -> None:
    client.post("/v1/keys", json={"name": "mine", "scopes": ["admin"]}).raise_for_status()
    told = run("workers", code=1).stderr
    assert "asks for an access key" in told
    assert "`logsweep --key-file FILE ...`, LOGSWEEP_KEY_FILE or LOGSWEEP_KEY" in told


def test_so_does_a_backup(run: Run, client: httpx.Client, tmp_path: Path) -> None:
    client.post("/v1/keys", json={"name": "mine", "scopes": ["admin"]}).raise_for_status()
    assert "logsweep --key-file FILE" in run("backup", str(tmp_path / "copy.db"), code=1).stderr


def test_keys_of_a_folder_in_use_are_asked_of_its_server(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER")
    refused = run("key", "list", "--data", str(tmp_path / "data"), code=1)
    assert "Ask that server: --server http://127.0.0.1:8000" in refused.stderr


def test_a_key_file_that_is_not_there_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", "/nowhere/my.key")
    assert "/nowhere/my.key" in run("workers", code=1).stderr


def test_a_key_file_that_is_named_comes_before_all_variables(
    run: Run, client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = client.post("/v1/keys", json={"name": "mine", "scopes": ["admin"]}).raise_for_status()
    file = tmp_path / "mine.key"
    file.write_text(made.json()["token"])
    monkeypatch.setenv("LOGSWEEP_KEY", "lsk_another")  # and put back what the command changes of both
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", "/nowhere")
    assert "none of this server" in run("workers", code=1).stderr
    run("--key-file", str(file), "workers")


@pytest.mark.parametrize("said", ["é", "two words", "two\nlines", "\udcff"])
def test_a_key_that_no_header_can_carry_is_told_and_not_shown(
    run: Run, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSWEEP_KEY", said)
    told = run("workers", code=1).stderr
    assert "The access key has characters that no key has" in told
    assert said not in told
    with pytest.raises(Unavailable, match="The key in LOGSWEEP_KEY has characters that no key has"):
        find_key(None, {"LOGSWEEP_KEY": said})


def test_a_file_without_a_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.key").touch()
    with pytest.raises(Unavailable, match=r"The key in .*empty.key has characters that no key has, or none at all"):
        find_key(str(tmp_path / "empty.key"), {})


def test_quotas_are_given_changed_taken_away_and_shown(run: Run, where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = where / "admin.key"
    run("key", "create", "mine", "--scope", "admin", "--max-sweeps", "3", "--max-bytes", "5000", "--file", str(file))
    monkeypatch.setenv("LOGSWEEP_KEY_FILE", str(file))
    (made,) = told(run("key", "list", "--json"))
    assert made["quotas"] == {"sweeps": 3, "trials": None, "epochs": None, "bytes": 5000}
    limits = "--max-trials", "10", "--max-epochs", "0", "--without", "bytes"
    changed = run("key", "change", made["id"], *limits).stdout
    (shown,) = told(run("key", "quotas", "--json"))
    again = told(run("key", "change", made["id"], *limits, "--json"))
    assert (again["id"], again["quotas"]) == (made["id"], shown["quotas"])
    assert shown["quotas"] == {"sweeps": 3, "trials": 10, "epochs": 0, "bytes": None}
    assert shown["used"] == {"sweeps": 0, "trials": 0, "epochs": 0, "bytes": 0}
    assert "0 of 10" in changed
    assert run("key", "quotas").stdout == changed
    assert "key_9" in run("key", "change", "key_9", "--max-trials", "1", code=1).stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [([], "say what to change"), (["--max-trials", "5", "--without", "trials"], "trials cannot get a limit")],
)
def test_a_change_that_is_none_or_contradicts_itself_is_written_wrongly(
    run: Run, options: list[str], sentence: str
) -> None:
    assert sentence in run("key", "change", "key_9", *options, code=2).stderr


def test_a_key_that_is_refused_makes_no_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER")
    (tmp_path / "there.key").touch()
    for more in (["--days", "-1"], ["--file", str(tmp_path / "there.key")]):
        run("key", "create", "late", "--scope", "read", *more, "--data", str(tmp_path / "new"), code=1)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [["list"], ["quotas"], ["revoke", "key_9"], ["change", "key_9", "--max-trials", "5"]])
def test_only_the_making_of_a_key_makes_a_folder(
    run: Run, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER")
    refused = run("key", *words, "--data", str(tmp_path / "typo"), code=1)
    assert "There is no logsweep.db in" in refused.stderr
    assert not (tmp_path / "typo").exists()


def test_a_restore_names_the_keys_that_it_makes_good_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER")
    data, copy = str(tmp_path / "mine"), str(tmp_path / "copy.db")
    for name in ("Ada", "Bob"):
        run("key", "create", name, "--scope", "read", "--data", data)
    ada = told(run("key", "list", "--json", "--data", data))[0]["id"]
    run("backup", copy, "--data", data)
    run("key", "revoke", ada, "--data", data)
    again = run("restore", copy, "--data", data).stdout
    assert "open it again" in again
    assert f"Ada: LOGSWEEP_SERVER= logsweep key revoke {ada} --data {data}" in again
    assert "Bob" not in again
    assert told(run("restore", copy, "--data", data, "--json"))["keys"] == []
    elsewhere = run("restore", copy, "--data", str(tmp_path / "other")).stdout
    assert "If some were revoked after the copy" in elsewhere
    assert "Bob: LOGSWEEP_SERVER= logsweep key revoke" in elsewhere


def test_a_restore_of_a_copy_without_keys_says_that_a_server_on_it_is_open(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER")
    new = put_new_database(tmp_path / "new")
    told_so = run("restore", str(new / FILE), "--data", str(tmp_path / "other")).stdout
    assert "asks nobody for one" in told_so
    assert f"LOGSWEEP_SERVER= logsweep key create NAME --scope admin --data {tmp_path / 'other'}" in told_so
