"""Tests of `logsweep gradcheck`."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.gradcheck import run_gradcheck


def test_the_command_shows_both_checks_of_a_builtin_data_set() -> None:
    settings = ["--set", "hidden_units=[8,4]", "--set", "batch_norm=true", "--set", "activation=tanh"]
    shown = subprocess.run(
        [sys.executable, "-m", "app.cli", "gradcheck", "wine", *settings, "--steps", "5", "--seed", "2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert shown.returncode == 0, shown.stderr
    assert "At the start: great, ratio" in shown.stdout
    assert "After 5 steps: great, ratio" in shown.stdout
    assert "175 of 175 components checked, on 64 examples" in shown.stdout
    assert any(name in shown.stdout for name in ("W1[", "gamma1[", "beta1[", "W2[", "gamma2[", "W3["))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of two inputs and a class."""
    path = tmp_path / "table.csv"
    path.write_text("a,b,y\n" + "".join(f"{n},{n * n % 17},{n % 2}\n" for n in range(60)))
    return path


def test_a_file_of_ones_own_is_checked_and_what_was_noted_in_it_goes_to_standard_error(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_gradcheck(str(table), "y", ["hidden_units=[3]"], 0, 0) == 0

    out, err = capsys.readouterr()
    assert "13 of 13 components checked, on 42 examples" in out
    assert "After" not in out
    assert err.startswith('Note: These columns number the rows: "a".')


def test_a_reason_to_worry_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_gradcheck("diabetes", None, ["optimizer=sgd", "learning_rate=1e30"], 5, 0) == 1
    assert "After 5 steps: worry, ratio nan" in capsys.readouterr().out


def test_all_faults_are_sentences_on_standard_error(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["keep_prob=0.5", "hiden_units=[3]", "epochs", "=3", "l2=-1", "[red]=1"]

    assert run_gradcheck(str(table), "z", settings, 2_000, 0) == 2
    out, err = capsys.readouterr()
    assert out == ""
    for sentence in (
        "Set keep_prob to 1.",
        'Did you mean "hidden_units"?',
        '"epochs" is not a setting: write name=value',
        '"=3" is not a setting',
        "The value -1 is not possible for l2: it must be a number at least 0.",
        'There is no hyperparameter "[red]".',
        'There is no column "z". The columns are: "a", "b", "y".',
        "The number of steps is 2,000; at most 1,000 are possible.",
    ):
        assert sentence in err
    assert len(err.splitlines()) == 8


@pytest.mark.parametrize(
    ("dataset", "target", "sentence"),
    [
        ("iriss", None, '"iriss" is neither a built-in data set (digits, breast_cancer, wine, iris, diabetes)'),
        (".", None, "nor a file that can be read: Is a directory."),
        ("table.csv", None, "The target is missing"),
    ],
)
def test_data_that_cannot_be_read_is_a_sentence(
    table: Path, dataset: str, target: str | None, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(table) if dataset == table.name else dataset

    assert run_gradcheck(path, target, [], 0, 0) == 2
    assert sentence in capsys.readouterr().err


def test_columns_that_must_be_normalised_are_refused_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "serial.csv"
    path.write_text("serial,y\n" + "".join(f"{10**9 + n},{n % 2}\n" for n in range(60)))
    assert run_gradcheck(str(path), "y", ["hidden_units=[3]", "normalize_inputs=false"], 0, 0) == 2
    assert 'cannot stay as they are in these columns: "serial"' in capsys.readouterr().err
    assert run_gradcheck(str(path), "y", ["hidden_units=[3]"], 0, 0) == 0


def test_a_network_that_would_take_too_long_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_gradcheck("iris", None, ["hidden_units=[400,400]"], 0, 0) == 2
    assert "163,603 weights" in capsys.readouterr().err


def test_how_a_file_is_written_may_be_said(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    headless = table.with_name("headless.txt")
    headless.write_text(table.read_text().split("\n", 1)[1].replace(",", ";"))
    reading = ["separator=semicolon", "header=none", "ignore=c2"]
    assert run_gradcheck(str(headless), "c3", [], 0, 0, reading) == 0
    capsys.readouterr()
    assert run_gradcheck(str(headless), "c3", [], 0, 0, ["colour=red", "separator"]) == 2
    assert (
        capsys.readouterr().err.count("is not possible: it must be a field and its value, such as separator=tab") == 2
    )
