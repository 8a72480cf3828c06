"""Every file that people write in a workspace is read by some loader."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDERS = ("pipelines", "models", "configs")

WATCH = """
import json, sys
from pathlib import Path
root, opened = Path(sys.argv[1]), set()
sys.addaudithook(lambda event, found: opened.add(str(found[0])) if event == "open" else None)
from triage.features import read_cases
from triage.rules import read_rule_cases
from triage.workflows import load_project
project = load_project(root)
list(read_cases(root / "pipelines"))
list(read_rule_cases(root / "configs" / "rules", project.policy))
print(json.dumps(sorted(opened)))
"""


@pytest.mark.parametrize("place", [".", "tests/workspaces/chicago"])
def test_every_file_is_claimed_by_a_loader(place: str) -> None:
    root = CHECKOUT / place
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(root)], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    opened = {Path(path).resolve() for path in json.loads(done.stdout.splitlines()[-1])}
    there = [
        path for name in FOLDERS for path in sorted((root / name).rglob("*")) if path.is_file()
    ]
    assert len(there) >= 10
    assert [str(path.relative_to(root)) for path in there if path.resolve() not in opened] == []
