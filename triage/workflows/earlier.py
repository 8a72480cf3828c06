"""When people were last listed, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.explain import explain
from triage.features import FeatureMatrix
from triage.learning import Trained
from triage.lists import EARLIER, Bundle
from triage.timeline import day_of
from triage.workflows.deciding import Said
from triage.workflows.questions import Asked

__all__ = ["earlier_table"]

TOLD = 3
LEAST = 0.005
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Stood:
    """Where a person stood on an earlier list; ``row`` is that of its table of features."""

    bundle: Bundle
    row: int
    place: dict[str, Any]
    lists: int
    said: Said | None

    @property
    def weight(self) -> int:
        """How much it says: of a place that was decided on most, then of one within capacity."""
        return 2 if self.said else int(self.place["standing"] == "discuss")


def earlier_table(
    trained: Trained,
    asked: Asked,
    earlier: Sequence[Bundle],
    decided: Mapping[tuple[str, str], Said] = MappingProxyType({}),
) -> pa.Table:
    """Return when each person was last listed, and what has changed since.

    Parameters
    ----------
    trained : Trained
        The model that ranks: what moves its score most is told first.
    asked : Asked
        The ranked referrals.
    earlier : sequence of Bundle
        Earlier lists, the latest first.
    decided : mapping of (str, str) to Said, optional
        What panels decided on these, by list and referral.

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.EARLIER`.
    """
    stood = _stood(earlier, decided)
    persons = asked.referrals["person_id"].to_pylist()
    rows = [row for row, person in enumerate(persons) if person in stood]
    if not rows:
        return EARLIER.empty_table()
    places = [stood[persons[row]] for row in rows]
    today = asked.take(np.array(rows, dtype=np.int64))
    then = _features_then(places, today.matrix)
    elapsed = today.moments.day - [day_of(one.bundle.manifest.as_of) for one in places]
    moved = explain(trained, today.matrix), explain(trained, then)
    changed = np.abs(moved[0].values - moved[1].values)
    names = [feature.name for feature in moved[0].features]
    ids = today.referral_ids
    return pa.Table.from_pylist(
        [
            {
                "referral_id": ids[row],
                "list_id": one.bundle.list_id,
                "as_of": one.bundle.manifest.as_of,
                "rank": one.place["rank"],
                "standing": one.place["standing"],
                "then_id": one.place["referral_id"],
                "lists": one.lists,
                "records": _new_records(today, row, day_of(one.bundle.manifest.as_of)),
                "changes": list(
                    _changes(today.matrix, then, row, names, changed[row], int(elapsed[row]))
                ),
                "decision": one.said.decision if one.said else None,
                "met_on": one.said.met_on if one.said else None,
            }
            for row, one in enumerate(places)
        ],
        schema=EARLIER,
    )


def _stood(earlier: Sequence[Bundle], decided: Mapping[tuple[str, str], Said]) -> dict[str, _Stood]:
    """Return the list that is told of each person.

    The last on which a panel decided; else the last within capacity; else the last.
    """
    found: dict[str, _Stood] = {}
    for bundle in earlier:
        for row, place in enumerate(bundle.tables.referrals.to_pylist()):
            person = place["person_id"]
            before = found.get(person)
            said = decided.get((bundle.list_id, place["referral_id"]))
            lists = 1 if before is None else before.lists + 1
            here = _Stood(bundle, row, place, lists, said)
            if before is None or here.weight > before.weight:
                found[person] = here
            else:
                found[person] = replace(before, lists=lists)
    return found


def _features_then(places: Sequence[_Stood], now: FeatureMatrix) -> FeatureMatrix:
    """Return what earlier lists held of these people; what they did not measure is as today."""
    values = np.array(now.values, order="F")
    for row, one in enumerate(places):
        table = one.bundle.tables.features
        for column, name in enumerate(now.names):
            if name in table.column_names:
                known = table[name][one.row].as_py()
                values[row, column] = np.nan if known is None else known
    return FeatureMatrix(values, now.features)


def _changes(
    now: FeatureMatrix,
    then: FeatureMatrix,
    row: int,
    names: Sequence[str],
    changed: Floats,
    elapsed: int,
) -> Iterator[str]:
    """Yield the facts whose change moves the score most, one of each group of windows.

    That something is longer ago by the days that went by is no change.
    """
    told: set[str] = set()
    for position in np.argsort(-changed, kind="stable").tolist():
        feature = now.feature(names[position])
        if changed[position] < LEAST or len(told) == TOLD:
            return
        values = [float(one.column(feature.name)[row]) for one in (now, then)]
        texts = [feature.describe(value) for value in values]
        waited = feature.measure.startswith("days_since") and values[0] - values[1] == elapsed
        if feature.group not in told and texts[0] != texts[1] and not waited:
            told.add(feature.group)
            yield f"{texts[0]}; then: {texts[1]}"


def _new_records(asked: Asked, row: int, day: int) -> int:
    """Return how many records of a person have come to be used since a day."""
    person, now = int(asked.moments.person[row]), int(asked.moments.day[row])
    before = set(asked.timeline.usable(person, day).tolist())
    return len(set(asked.timeline.usable(person, now).tolist()) - before)
