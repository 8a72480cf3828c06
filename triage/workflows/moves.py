"""Who would enter and leave the top of the last list if another model ranked, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.errors import TriageError
from triage.explain import explain
from triage.learning import Experiment, Trained
from triage.lists import Bundle, find_list, read_bundle
from triage.ranking import rank
from triage.records import CaseHistories
from triage.workflows.making import Make
from triage.workflows.project import Project
from triage.workflows.questions import Asked, ask_of_open
from triage.workflows.ruling import ask_rules, said_by_model

__all__ = ["ListMoves", "Move", "list_moves"]

Floats = npt.NDArray[np.float64]
REASONS = 3
TOLD = 10


@dataclass(frozen=True)
class Move:
    """A referral that enters or leaves the top of a list.

    Parameters
    ----------
    referral_id : str
    enters : bool
    rank_then, rank_now : int
        On the list as it stands, and by the other model.
    features : tuple of str
        Which raise it most above the rest of the list: for one that enters, by the other
        model; for one that leaves, by the model of the list.
    """

    referral_id: str
    enters: bool
    rank_then: int
    rank_now: int
    features: tuple[str, ...]

    @property
    def told(self) -> str:
        """It in a sentence, without a value of anybody's."""
        verb = "enters" if self.enters else "leaves"
        why = ", ".join(self.features) or "nothing above the rest"
        who = "raised by" if self.enters else "was raised by"
        return f"{self.referral_id} {verb} ({self.rank_then} → {self.rank_now}); {who} {why}."


@dataclass(frozen=True)
class ListMoves:
    """What another model would do to the top of a list.

    Parameters
    ----------
    list_id : str
    capacity : int
    model : str
    moves : tuple of Move
        Those that enter first.
    missing : int
        Open referrals that only one of the two rankings has, as extracts have changed since.
    """

    list_id: str
    capacity: int
    model: str
    moves: tuple[Move, ...]
    missing: int

    @property
    def told(self) -> list[str]:
        """It in sentences."""
        entering = sum(move.enters for move in self.moves)
        lines = [
            f"Against list {self.list_id}: with {self.model}, {entering} would enter its top "
            f"{self.capacity} and {len(self.moves) - entering} leave it."
        ]
        if self.missing:
            lines.append(
                f"{self.missing} referral(s) are on one of the two only: extracts changed."
            )
        lines += [f"  {move.told}" for move in self.moves[:TOLD]]
        if len(self.moves) > TOLD:
            lines.append(f"  and {len(self.moves) - TOLD} more.")
        return lines


def list_moves(
    project: Project, histories: CaseHistories, make: Make, experiment: Experiment
) -> ListMoves | None:
    """Return what the proposed model would do to the top of the last list.

    Returns
    -------
    ListMoves or None
        None where there is no list that can be read and made again.
    """
    try:
        bundle = read_bundle(find_list(project.workspace.lists, "latest"))
        asked = ask_of_open(project, histories, bundle.manifest.as_of, make)
    except TriageError:
        return None  # none yet, of another release, or changed since: 'triage show' says so
    trained = experiment.result(experiment.proposal.name).trained
    return moves_on(project, bundle, asked, trained)


def moves_on(project: Project, bundle: Bundle, asked: Asked, trained: Trained) -> ListMoves:
    """Return what a model would do to the top of a list.

    Parameters
    ----------
    project : Project
    bundle : Bundle
    asked : Asked
        The referrals open on the list's as-of date.
    trained : Trained
    """
    capacity = bundle.manifest.panel.capacity
    as_of = bundle.manifest.as_of
    contributions = explain(trained, asked.matrix)
    model = said_by_model(trained, asked.matrix, contributions.scores)
    trace = ask_rules(project.policy, asked, as_of, model=model)
    ranking = rank(asked.referral_ids, contributions.scores, trace, capacity=capacity)
    now = _ranks(ranking.places)
    then = _ranks(bundle.tables.referrals)
    names = [feature.name for feature in contributions.features]
    entering = _raised(asked.referral_ids, names, contributions.values)
    leaving = _raised_on(bundle)
    both = now.keys() & then.keys()
    found = [
        Move(name, True, then[name], now[name], entering[name])
        for name in sorted(both, key=now.__getitem__)
        if now[name] <= capacity < then[name]
    ] + [
        Move(name, False, then[name], now[name], leaving[name])
        for name in sorted(both, key=then.__getitem__)
        if then[name] <= capacity < now[name]
    ]
    return ListMoves(
        bundle.list_id, capacity, trained.spec.title, tuple(found), len(now.keys() ^ then.keys())
    )


def _ranks(table: pa.Table) -> dict[str, int]:
    return dict(zip(table["referral_id"].to_pylist(), table["rank"].to_pylist(), strict=True))


def _raised_on(bundle: Bundle) -> Mapping[str, tuple[str, ...]]:
    table = bundle.tables.contributions
    names = [name for name in table.column_names if name not in ("referral_id", "base", "score")]
    values = [table[name].to_numpy() for name in names]
    ids = table["referral_id"].to_pylist()
    return _raised(ids, names, np.column_stack(values) if values else np.empty((len(ids), 0)))


def _raised(
    ids: list[str], names: list[str], contributions: Floats
) -> Mapping[str, tuple[str, ...]]:
    """Return for each referral the features that raise it most above the list's mean."""
    above = contributions - contributions.mean(axis=0) if len(ids) else contributions
    order = np.argsort(-above, axis=1, kind="stable")[:, :REASONS]
    return {
        name: tuple(names[column] for column in order[row] if above[row, column] > 0)
        for row, name in enumerate(ids)
    }
