"""The documents keep up with the code: every kind, route, command and link that they should name."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from app.cli import app
from app.contract.hyperparameters import HYPERPARAMETERS
from app.contract.metrics import objectives_of
from app.demo import EXAMPLE
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.settings import Settings
from docs.pictures.draw import PICTURES
from engine.augmentation.augmenter import AUGMENTATIONS
from engine.diagnosis import DETECTORS
from engine.initializers import INITIALIZERS
from engine.layers import ACTIVATIONS
from engine.losses import LOSSES
from engine.lr_decay import DECAYS
from engine.models import FORMATS
from engine.optimizers import OPTIMIZERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
TECHNIQUES = (ROOT / "docs" / "techniques.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

NAMES = [
    *HYPERPARAMETERS,
    *ACTIVATIONS,
    *OPTIMIZERS,
    *SAMPLERS,
    *SCHEDULERS,
    *objectives_of("binary"),
    *objectives_of("regression"),
]


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_the_readme_names_every_kind(name: str) -> None:
    assert f"`{name}`" in README


def test_the_example_sweep_fixes_and_searches_known_hyperparameters() -> None:
    assert set(EXAMPLE["space"]) | set(EXAMPLE["fixed"]) <= set(HYPERPARAMETERS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_setting_is_in_the_document_of_settings() -> None:
    document = (ROOT / "docs" / "settings.md").read_text()
    commands: Any = get_command(app)
    options = {option.envvar for one in commands.commands.values() for option in one.params if option.envvar}
    fields = {f"LOGSWEEP_{name.upper()}" for name in Settings.model_fields}

    assert options | fields
    for name in options | fields:
        assert f"`{name}`" in document


def _all_commands() -> dict[str, Any]:
    top: Any = get_command(app)
    groups = {name: one for name, one in top.commands.items() if hasattr(one, "commands")}
    inner = {f"{group} {name}": one for group, all_of in groups.items() for name, one in all_of.commands.items()}
    return {name: one for name, one in {**top.commands, **inner}.items() if name not in groups}


def test_every_command_is_in_the_document_of_commands_with_each_option_that_it_names() -> None:
    document = (ROOT / "docs" / "command-line.md").read_text()
    commands = _all_commands()
    also = {name for name in commands if f"sweep {name}" in commands} - {"doctor"}
    for name in commands.keys() - also:
        assert re.search(rf"`logsweep {name}[ `]", document), name
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", document))
    known = {option for one in commands.values() for param in one.params for option in param.opts}
    assert named - {"--help", "--install-completion", "--logdir"} <= known


def test_every_command_but_those_that_go_on_answers_json() -> None:
    without = {name for name, one in _all_commands().items() if all("--json" not in param.opts for param in one.params)}
    assert without == {"serve", "work", "demo"}


def test_the_readme_promises_only_targets_that_make_has() -> None:
    promised = set(re.findall(r"\bmake ([a-z-]+)\b", README))

    assert {"demo", "test", "test-fast", "check", "bench", "setup"} <= promised
    for target in promised:
        done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_every_hyperparameter_is_among_the_techniques(name: str) -> None:
    assert f"`{name}`" in TECHNIQUES


KINDS = (ACTIVATIONS, AUGMENTATIONS, DECAYS, DETECTORS, FORMATS, INITIALIZERS, LOSSES, OPTIMIZERS)


@pytest.mark.parametrize("name", sorted({name for kinds in KINDS for name in kinds} - {"none"}))
def test_every_kind_of_the_engine_is_among_the_techniques(name: str) -> None:
    assert re.search(rf"\b({name}|{name.replace('_', ' ')})\b", TECHNIQUES)


def test_every_technique_has_its_code_and_its_proof() -> None:
    rows = [line.strip("|").split("|") for line in TECHNIQUES.splitlines() if line.startswith("| ")]
    techniques = [row for row in rows if len(row) == 5 and row[0].strip() not in {"technique", "---"}]

    assert techniques
    assert {len(row) for row in rows} == {3, 5}
    for name, _, code, proof, _ in techniques:
        assert "](../" in code, name
        assert "][" in proof, name


def test_every_proof_is_a_test_of_that_name() -> None:
    files = dict(re.findall(r"^\[(\w+)\]: (\S+)$", TECHNIQUES, re.MULTILINE))
    proofs = re.findall(r"\[([^\]]+)\]\[(\w+)\]", TECHNIQUES)

    assert files.keys() == {label for _, label in proofs}
    for sentence, label in proofs:
        defined = ast.walk(ast.parse((ROOT / "docs" / files[label]).read_text()))
        names = {one.name for one in defined if isinstance(one, ast.FunctionDef)}
        assert f"test_{re.sub('[ -]', '_', sentence)}" in names, f"{sentence!r} in {files[label]}"


def test_every_picture_that_is_drawn_is_there_and_shown_and_no_other() -> None:
    folder = ROOT / "docs" / "pictures"
    shown = re.findall(r"\]\(pictures/(\w+)\.svg\)", TECHNIQUES)

    assert sorted(shown) == sorted(PICTURES) == sorted(path.stem for path in folder.glob("*.svg"))
