"""A new service starts from a skeleton that already stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from zc.deployables import ROOT
from zc.new_service import lay_out
from zc.trouble import Trouble


def test_the_skeleton_is_clean_and_gives_an_openapi_document(tmp_path: Path) -> None:
    lay_out("archives", tmp_path)
    folder = tmp_path / "services" / "archives"
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(folder)]
    assert subprocess.run(ruff, check=False).returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "archives", "openapi"], env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert '"/api/v1/archives/work/{work_id}"' in done.stdout


@pytest.mark.parametrize("name", ["", "Archives", "../up", "units", "two words"])
def test_a_bad_or_a_taken_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Trouble):
        lay_out(name, tmp_path)
    assert list(tmp_path.iterdir()) == []
