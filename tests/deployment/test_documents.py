"""The documents keep up with the code: every kind, route, command and link that they should name."""

import re
from pathlib import Path

import numpy as np
import pytest

from app.demo import EXAMPLE
from app.samplers import SAMPLERS
from app.schedulers import SCHEDULERS
from app.settings import Settings
from app.training.hyperparameters import HYPERPARAMETERS, metrics_for
from engine.data.encoding import encode
from engine.data.rows import arrange
from engine.layers import ACTIVATIONS
from engine.models import FORMATS
from engine.optimizers import OPTIMIZERS
from tests.engine.models.trained import trained

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

NAMES = [
    *HYPERPARAMETERS,
    *ACTIVATIONS,
    *OPTIMIZERS,
    *SAMPLERS,
    *SCHEDULERS,
    *metrics_for("binary"),
    *metrics_for("regression"),
]


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_the_readme_names_every_kind(name: str) -> None:
    assert f"`{name}`" in README


def test_the_example_sweep_fixes_and_searches_known_hyperparameters() -> None:
    assert set(EXAMPLE["space"]) | set(EXAMPLE["fixed"]) <= set(HYPERPARAMETERS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_readme_reads_a_model_as_the_engine_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = trained("multiclass", (6,), "relu")
    (tmp_path / "model.npz").write_bytes(FORMATS["npz"](one.model))
    monkeypatch.chdir(tmp_path)
    snippet = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    inputs = encode(one.model.encodings, arrange(one.rows, one.model.encodings, "y"))
    found = {"rows": inputs.astype(np.float64)}
    exec(snippet, found)  # noqa: S102  # our own README
    labels = [one.model.classes[label] for label in found["logits"].argmax(axis=1)]
    assert labels == list(one.model.predict(one.rows).values)


def test_every_setting_is_in_the_document_of_settings() -> None:
    document = (ROOT / "docs" / "settings.md").read_text()
    options = set(re.findall(r'envvar="(\w+)"', (ROOT / "app" / "cli.py").read_text()))
    fields = {f"LOGSWEEP_{name.upper()}" for name in Settings.model_fields}

    assert options | fields
    for name in options | fields:
        assert f"`{name}`" in document


def test_the_readme_promises_only_targets_that_make_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    promised = set(re.findall(r"\bmake ([a-z]+)\b", README))

    assert {"demo", "test", "check", "bench", "setup"} <= promised
    for target in promised:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
