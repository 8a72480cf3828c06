"""Clock, environment and global randomness stay at the edge of the program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import triage

PACKAGE = Path(triage.__file__).parent
CLOCKS = {"today", "now", "utcnow", "time", "localtime", "gmtime"}
CLOCK_OWNERS = {"date", "datetime", "time"}
GLOBAL_RANDOMNESS = {
    "seed",
    "rand",
    "randn",
    "randint",
    "random",
    "choice",
    "shuffle",
    "permutation",
}


def uses(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    modules = {"np.random", "numpy.random"}  # a generator of one's own may be called random
    if any(isinstance(node, ast.Import) and node.names[0].name == "random" for node in tree.body):
        modules.add("random")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        owner_name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        where = f"{path.relative_to(PACKAGE.parent)}:{node.lineno}"
        if node.attr in CLOCKS and owner_name in CLOCK_OWNERS:
            yield f"clock at {where}"
        if node.attr in ("environ", "getenv") and owner_name == "os":
            yield f"environment at {where}"
        if node.attr in GLOBAL_RANDOMNESS and ast.unparse(owner) in modules:
            yield f"global randomness at {where}"


EDGE = {
    "cli": ("clock", "environment"),
    "site": ("clock", "environment"),
    "records": ("environment",),  # where an extract is, and a database's password
    "ledger": ("environment",),  # where the record's database is, and its password
    "registry": ("environment",),  # mlflow is told what to do through it
}


def test_only_the_edge_asks_for_the_time_the_environment_or_chance() -> None:
    found = [
        use
        for path in sorted(PACKAGE.rglob("*.py"))
        for use in uses(path)
        if not use.startswith(EDGE.get(path.relative_to(PACKAGE).parts[0], ("nowhere",)))
    ]
    assert found == []


def test_the_search_finds_what_it_looks_for() -> None:
    found = [use.split()[0] for path in (PACKAGE / "cli").glob("*.py") for use in uses(path)]
    assert {"clock", "environment"} <= set(found)
