"""What every test shares: one thread, small repeatable property runs, and skips with a name."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import importlib.util
import shutil
from pathlib import Path

import hypothesis
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, max_examples=40, database=None
)
hypothesis.settings.register_profile("searching", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def real_data_folder() -> Path:
    """Return where the real histories would lie."""
    return Path(os.environ.get("TRIAGE_REAL_DATA", CHECKOUT.parent / "shared" / "data"))


def postgresql_programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def spark_missing() -> str:
    """Return what Spark lacks here, or nothing."""
    home = os.environ.get("JAVA_HOME")
    if importlib.util.find_spec("pyspark") is None:
        return "the extra 'spark' is not installed"
    has_java = shutil.which("java") or (home and (Path(home) / "bin" / "java").is_file())
    return "" if has_java else "Java is not installed"


MISSING = {
    "real_data": lambda: (
        ""
        if (real_data_folder() / "chicago" / "events.parquet").is_file()
        else "the real histories are not here (TRIAGE_REAL_DATA names their folder)"
    ),
    "postgresql": lambda: "" if postgresql_programs() else "PostgreSQL's server is not installed",
    "browser": lambda: "" if chromium() else "Chromium is not installed",
    "slow": lambda: (
        "" if os.environ.get("CI") else "slow: 'CI=true make test' runs these tests too"
    ),
    "spark": spark_missing,
    "dask": lambda: (
        "" if importlib.util.find_spec("distributed") else "the extra 'dask' is not installed"
    ),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, by name, what this machine cannot run."""
    for marker, missing in MISSING.items():
        if item.get_closest_marker(marker) and (reason := missing()):
            pytest.skip(reason)
