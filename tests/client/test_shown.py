"""What is shown of a sweep: lines and bars while one waits, and tables in notebooks, in which nothing runs."""

import io

import pytest

from logsweep import Client
from logsweep.calls import Page
from logsweep.display import model_html, sweep_html, table_html
from logsweep.progress import Lines, shown
from tests.app.api.serving import Trainer, sweep_body

SCRIPT = "<script>alert(1)</script>"


def test_a_line_is_written_for_each_tenth_and_at_the_end(client: Client, trainer: Trainer) -> None:
    sweep = client.sweep(sweep_body(name="lines", budget={"trials": 20}))
    written = io.StringIO()
    lines = Lines(written)
    lines(sweep.now)
    lines(sweep.now)
    trainer.train_everything([0.25])
    sweep.wait(60.0, progress=lines)
    first, *_, last = written.getvalue().splitlines()
    assert first.startswith("lines: running, 0/20 trials, best dev_error none yet")
    assert last.startswith("lines: completed, 20/20 trials, best dev_error 0.25 (trial 0)")


def test_a_bar_is_shown_where_rich_is_and_lines_where_it_is_not(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = client.sweep(sweep_body(name="bar"))
    for found, drawn in ((object(), "0/4 trials"), (None, "bar: running")):
        monkeypatch.setattr("logsweep.progress.find_spec", lambda _, found=found: found)
        with shown(True) as show:
            show(sweep.now)
        assert drawn in capsys.readouterr().err
    with shown(False) as show:
        show(sweep.now)
    assert capsys.readouterr() == ("", "")


def test_no_name_steers_the_terminal_of_who_waits(client: Client) -> None:
    sweep = client.sweep(sweep_body(name="\x1b[2J\nmine\u202e"))
    written = io.StringIO()
    Lines(written)(sweep.now)
    assert written.getvalue().startswith(r"\x1b[2J\nmine\u202e: running, 0/4 trials")


def test_a_script_in_a_name_is_text(client: Client, trainer: Trainer) -> None:
    sweep = client.sweep(sweep_body(name=SCRIPT, budget={"trials": 30}))
    trainer.train_everything([0.25])
    sweep.look()
    pages = [sweep._repr_html_(), sweep.trials()._repr_html_(), client.sweeps()._repr_html_()]
    pages += [
        sweep_html(sweep.now),
        table_html(Page(items=[sweep.now], next=None)),
        model_html(SCRIPT, {SCRIPT: SCRIPT}),
    ]
    for page in pages:
        assert "<script" not in page
        assert page.startswith("<table>")
    assert "&lt;script&gt;" in pages[0]
    assert "trial 0" in pages[0]
    assert pages[1].count("<tr>") == 21
    assert "..." in pages[1]
