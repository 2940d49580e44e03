"""The settings of augmentation."""

import subprocess
import sys

from engine.augmentation.settings import Augmentation


def test_smoothness_alone_changes_nothing() -> None:
    assert Augmentation(elastic_sigma=2.0).is_none


def test_the_settings_do_not_import_numpy() -> None:
    code = "import sys, engine.augmentation.settings; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
