"""The whole journey on synthetic people, in a workspace of its own."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from triage.errors import GateError, Problem, StorageError
from triage.lists import Bundle
from triage.synthetic import PLANTED_SKEW, Made, write_extracts
from triage.workflows.checking import check_extracts
from triage.workflows.fairness import Audited, audit_fairness
from triage.workflows.progress import Progress
from triage.workflows.project import load_project
from triage.workflows.ranking import make_list
from triage.workflows.recording import Actor, listed, recorded
from triage.workflows.training import train_models
from triage.workflows.versions import promote_version
from triage.workspace import write_whole, write_workspace

__all__ = ["Demonstrated", "run_demo", "write_demo"]

MARK = ".synthetic-demo"
FORTNIGHT = 14
NAME = "Synthetic perpetrator panel"


def write_demo(
    folder: Path, *, people: int, seed: int, progress: Progress, skew: float = PLANTED_SKEW
) -> Made:
    """Write a workspace with the extracts of six agencies about invented people.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet or is empty.
    people : int
        About how many people the agencies know.
    seed : int
        The same seed gives the same bytes.
    progress : Progress
    skew : float
        By how much more the police record of the same in one area: 0 plants none.

    Raises
    ------
    StorageError
        The folder holds something already, or cannot be written.
    """
    _refuse_what_stands(folder)
    workspace = write_workspace(folder)
    write_whole(folder / MARK, "Everyone in this folder is invented. It may be removed.\n")
    panel = workspace.configs / "panel.yaml"
    write_whole(panel, _synthetic(panel.read_text(encoding="utf-8")))
    progress.stage("Inventing people and what six agencies recorded of them", total=100)
    done = 0

    def tell(share: float, _doing: str) -> None:
        nonlocal done
        progress.advance(round(share * 100) - done)
        done = round(share * 100)

    return write_extracts(folder / "data", people=people, seed=seed, skew=skew, progress=tell)


@dataclass(frozen=True)
class Demonstrated:
    """What a demo made: a list, and what was measured of groups at the cut of what ranks."""

    bundle: Bundle
    groups: Audited


def run_demo(folder: Path, made: Made, *, actor: Actor, progress: Progress) -> Demonstrated:
    """Check, train, promote what passes the gates, rank, and measure groups: invented people.

    All of it is recorded as the commands that do each would record it.

    Parameters
    ----------
    folder : Path
        The workspace.
    made : Made
        What was written there.
    actor : Actor
        Who is in the record, and the clock of the list and of the runs.
    progress : Progress

    Returns
    -------
    Demonstrated
        The list is that of the last first of a month up to which the extracts tell everything,
        compared with the one of a fortnight before: both hold whoever was referred in between.
    """
    project = load_project(folder)
    today = made.until + datetime.timedelta(days=1)
    with recorded(folder, actor, "demo"):
        check_extracts(project, today=today, progress=progress).require_accepted()
        trained = train_models(project, today=today, progress=progress)
        try:
            by = "nobody: this is a demo"
            promote_version(project, trained.proposed, now=actor.clock(), by=by)
        except GateError:
            progress.stage("No model passes the gates: rules and a comparator rank")
    as_of = today.replace(day=1)
    for date in (as_of - datetime.timedelta(days=FORTNIGHT), as_of):
        with recorded(folder, actor, "rank", as_of=str(date)) as use:
            now = actor.clock()
            bundle = make_list(
                project, as_of=date, today=today, now=now, progress=progress, use=use
            )
            use.add(**listed(bundle))
    with recorded(folder, actor, "audit fairness") as use:
        groups = audit_fairness(project, today=today, progress=progress)
        use.add(**groups.facts)
    return Demonstrated(bundle, groups)


def _refuse_what_stands(folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    earlier = (folder / MARK).is_file()
    raise StorageError(
        Problem(
            str(folder),
            "must be a new or an empty folder",
            "an earlier demo" if earlier else "something else, which a demo must not touch",
            f"Remove it first: rm -r {folder}" if earlier else "Name another: triage demo DIR.",
        )
    )


def _synthetic(panel: str) -> str:
    """Return a panel's configuration that says that the data is invented."""
    named = re.sub(r"^name:.*$", f"name: {NAME}", panel, count=1, flags=re.MULTILINE)
    return f"{named}\n# Everyone in data/ is invented; every page says so.\nsynthetic: true\n"
