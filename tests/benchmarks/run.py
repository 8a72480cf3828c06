"""Run the benchmarks: all of them, or those whose names are given.

Each is a module ``bench_NAME.py`` in this folder with a function ``main()`` that prints what it
measured. A benchmark measures ratios against peers in one run, since seconds mean nothing
across machines::

    make bench
    .venv/bin/python tests/benchmarks/run.py features
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the names of the benchmarks that there are."""
    return sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))


def run(name: str) -> None:
    """Run one benchmark in a process of its own, so that none finds the memory of another."""
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, str(FOLDER / f"bench_{name}.py")], check=True)


def main() -> int:
    """Run what was asked for; return an exit code."""
    known = names()
    unknown = [name for name in sys.argv[1:] if name not in known]
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(known)}.")
        return 2
    for name in sys.argv[1:] or known:
        run(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
