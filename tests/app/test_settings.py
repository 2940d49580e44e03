"""Tests of the settings of the environment."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.domain.errors import InvalidRequest
from app.settings import idle_settings, read_settings
from tests.documents.session import ROOT


def test_settings_come_from_the_environment_and_the_folder_from_who_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOGSWEEP_LEASE_SECONDS", "5")
    settings = read_settings(tmp_path)
    assert (settings.data, settings.lease_seconds) == (tmp_path, 5.0)
    assert read_settings().data == Path("data")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LEASE_SECONDS", "0", 'LOGSWEEP_LEASE_SECONDS cannot be "0": input should be greater than or equal to 1'),
        ("LEASE_SECONDS", "nan", "LOGSWEEP_LEASE_SECONDS cannot be"),
        ("LEASE_SECONDS", "", "LOGSWEEP_LEASE_SECONDS cannot be"),
        ("READINGS", "2.5", "LOGSWEEP_READINGS cannot be"),
        ("MAX_UPLOAD_BYTES", "-1", "LOGSWEEP_MAX_UPLOAD_BYTES cannot be"),
        ("MAX_TABLE_BYTES", "256MB", "LOGSWEEP_MAX_TABLE_BYTES cannot be"),
        ("CHECKPOINT_BYTES", "-4", "LOGSWEEP_CHECKPOINT_BYTES cannot be"),
        ("DATABASE_BYTES", "100", "LOGSWEEP_DATABASE_BYTES cannot be"),
        ("HOSTS", "lab:8000", 'LOGSWEEP_HOSTS cannot be "lab:8000": names of hosts have no scheme, port or path'),
        ("HOSTS", "lab,http://lab/", "LOGSWEEP_HOSTS cannot be"),
        ("ORIGINS", "lab.example.org", 'LOGSWEEP_ORIGINS cannot be "lab.example.org": origins are scheme and host'),
        ("ORIGINS", "*", "LOGSWEEP_ORIGINS cannot be"),
        ("ORIGINS", "null", "LOGSWEEP_ORIGINS cannot be"),
        ("ORIGINS", "https://lab.example.org/", "LOGSWEEP_ORIGINS cannot be"),
        ("ORIGINS", "https://lab.example.org:443", "LOGSWEEP_ORIGINS cannot be"),
    ],
)
def test_a_value_that_is_not_possible_is_told_with_its_rule_and_a_way_out(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"LOGSWEEP_{name}", value)
    with pytest.raises(InvalidRequest) as refused:
        read_settings()
    (fault,) = refused.value.faults
    assert fault.detail.startswith(sentence)
    assert fault.detail.endswith("Set another value, or unset it for the default.")


def test_names_of_hosts_and_origins_are_taken_as_requests_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSWEEP_HOSTS", "lab.example.org, server,fe80::1")
    monkeypatch.setenv("LOGSWEEP_ORIGINS", "https://lab.example.org,http://[::1]:3000")
    settings = read_settings()
    assert settings.hosts == ("lab.example.org", "server", "fe80::1")
    assert settings.origins == ("https://lab.example.org", "http://[::1]:3000")


def test_a_variable_that_no_setting_has_is_told_with_the_one_that_was_meant() -> None:
    assert idle_settings({"LOGSWEEP_LEASE_SECOND": "5", "LOGSWEEP_LEASE_SECONDS": "5", "LEASE_SECONDS": "5"}) == [
        'LOGSWEEP_LEASE_SECOND is set, but no setting has that name. Did you mean "LOGSWEEP_LEASE_SECONDS"?'
    ]


def test_every_variable_of_the_documents_is_a_setting() -> None:
    documented = set(re.findall(r"`(LOGSWEEP_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert {"LOGSWEEP_HOST", "LOGSWEEP_KERNELS", "LOGSWEEP_LEASE_SECONDS"} < documented
    (removed,) = idle_settings(dict.fromkeys(documented, "1"))
    assert removed.startswith("LOGSWEEP_MAX_WORK_BYTES is set, but does nothing any more")


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_level_of_the_log_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("LOGSWEEP_LOG_LEVEL", "LOUD")
    refused = CliRunner().invoke(app, [command])
    assert refused.exit_code == 1
    rule = "must be one of INFO, DEBUG, WARNING, ERROR, CRITICAL. Change or unset it."
    assert refused.stderr == f'LOGSWEEP_LOG_LEVEL is "LOUD", but {rule}\n'
