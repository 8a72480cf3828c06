"""Where referrals would stand if harm were counted on another scale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from triage.conditions import Column
from triage.features import FeatureMatrix, compute, make_plan
from triage.harm import Scale
from triage.lists import SCALES
from triage.ranking import Ranking
from triage.timeline import on_scale
from triage.workflows.project import Project
from triage.workflows.questions import Asked

__all__ = ["on_other_scale", "scales_table"]

HARM = "harm_days"


def scales_table(project: Project, asked: Asked, rank: Callable[[Asked], Ranking]) -> pa.Table:
    """Return the place of each ranked referral under every other scale of ``configs/harm/``.

    Parameters
    ----------
    project : Project
    asked : Asked
        The referrals that stand for themselves, under the panel's scale.
    rank : callable
        Ranks them by today's rules and model.

    Returns
    -------
    pyarrow.Table
        With the schema :data:`triage.lists.SCALES`; empty where there is one scale, or no feature
        measures harm.

    Notes
    -----
    Every feature that measures harm is made again, and the *same* rules and the *same* model rank
    again. A model is not taught again: its scores say how the scale moves a place through what is
    measured, given all that the model believes. It learned from days of the panel's scale, and
    points and rules have thresholds in them; so the other scale is first brought to the same total
    (see :func:`triage.timeline.on_scale`), else an ONS day would be read as a Cambridge day. What
    another scale would do to the outcome that a model is taught is not told here: for that, set
    ``harm_scale`` in ``configs/panel.yaml`` and train again.
    """
    if not any(feature.looks_at(HARM) for feature in asked.matrix.features):
        return SCALES.empty_table()
    return pa.Table.from_pylist(list(_rows(project, asked, rank)), schema=SCALES)


def _rows(
    project: Project, asked: Asked, rank: Callable[[Asked], Ranking]
) -> Iterator[dict[str, object]]:
    for name, scale in project.scales.items():
        if name != project.panel.harm_scale:
            places = rank(on_other_scale(asked, scale)).places
            for place in places.select(["referral_id", "rank", "standing"]).to_pylist():
                yield {"scale": name, "title": scale.title, **place}


def on_other_scale(asked: Asked, scale: Scale) -> Asked:
    """Return the same questions with every feature that measures harm made on another scale."""
    day = int(asked.moments.day[0]) if len(asked.moments) else 0
    timeline = on_scale(asked.timeline, scale, day)
    features = asked.matrix.features
    harmful = [place for place, one in enumerate(features) if one.looks_at(HARM)]
    plan = make_plan([features[place] for place in harmful])
    values = np.array(asked.matrix.values, order="F")
    attributes: dict[str, Column] = dict(asked.attributes)
    values[:, harmful] = compute(plan, timeline, asked.moments, attributes).values
    return replace(asked, timeline=timeline, matrix=FeatureMatrix(values, features))
