"""What is committed, what the wheel ships, and what the README promises."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import triage.errors
from triage.errors import TriageError

CHECKOUT = Path(__file__).resolve().parents[2]
SHIPPED = ("pipelines", "models", "configs")
LARGEST = 512 * 1024


def committed() -> list[str]:
    if not (CHECKOUT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is not a git checkout")
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.split("\0") if name]


def test_nothing_committed_is_large() -> None:
    large = [
        name
        for name in committed()
        if (CHECKOUT / name).is_file() and (CHECKOUT / name).stat().st_size > LARGEST
    ]
    assert large == []


def test_no_model_database_or_lock_file_is_committed() -> None:
    unwanted = re.compile(
        r"(\.(pkl|pickle|joblib|db|sqlite3?|skops)|(^|/)(uv|pylock)[^/]*\.(lock|toml))$"
    )
    assert [name for name in committed() if unwanted.search(name)] == []


@pytest.mark.parametrize(
    ("file", "at_least"), [("constraints.txt", 50), ("tests/benchmarks/featuretools.txt", 20)]
)
def test_constraints_pin_every_package_by_hash_and_name_no_address(
    file: str, at_least: int
) -> None:
    text = (CHECKOUT / file).read_text()
    assert "://" not in text
    pins = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^#.*\n", "", text), flags=re.IGNORECASE)
    assert len(pins) > at_least
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


@pytest.mark.slow
def test_the_wheel_ships_what_init_copies(tmp_path: Path) -> None:
    backend = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", backend, str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = {
            name.removeprefix("triage/_shipped/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("triage/_shipped/")
        }
    wanted = {
        name: (CHECKOUT / name).read_bytes()
        for name in committed()
        if name.startswith(tuple(f"{folder}/" for folder in SHIPPED))
    }
    assert {name: shipped.get(name) for name in wanted} == wanted


def readme() -> str:
    return (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_each_command_of_the_readme_exists_and_each_command_is_in_the_readme() -> None:
    import typer.main

    from triage.cli import application

    commands = set(typer.main.get_command(application).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"\btriage ([a-z]+)\b", "\n".join(code_of(readme()))))
    assert named <= commands
    assert commands <= named


def test_each_target_of_make_in_the_readme_exists() -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), flags=re.MULTILINE)
    )
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(code_of(readme()))))
    assert {"demo", "test"} <= named <= targets


def test_each_exit_code_is_in_the_readme() -> None:
    kinds = [
        kind
        for kind in vars(triage.errors).values()
        if isinstance(kind, type) and issubclass(kind, TriageError)
    ]
    codes = {kind.exit_code for kind in kinds}
    assert len(codes) == len(kinds), "two kinds of error share an exit code"
    rows = set(map(int, re.findall(r"^\| *`?(\d+)`? *\|", readme(), flags=re.MULTILINE)))
    assert codes | {0, 2, 70} <= rows


def code_of(text: str) -> list[str]:
    """Return what stands between backticks."""
    return re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL)
