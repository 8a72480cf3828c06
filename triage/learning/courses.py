"""How lists follow one another: who is reached at last, who comes again, and how long before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from triage.learning.measures import places
from triage.learning.panels import Heard, resampled_people

__all__ = ["measure_course"]

Floats = npt.NDArray[np.float64]
SOON_DAYS = 30


def measure_course(
    scores: Floats,
    heard: Heard,
    capacity: int,
    *,
    lately: int,
    resamples: int,
    seed: int,
) -> Mapping[str, Floats]:
    """Return how a ranker's lists follow one another, and what resamples of people make of it.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
    heard : Heard, shape (n,)
    capacity : int
    lately : int
        How many lists back "lately" is.
    resamples, seed : int

    Returns
    -------
    mapping of str to ndarray of float64, shape (1 + resamples,)
        ``people_reached``: of the people to whom the outcome came after some list, the share who
        stood within capacity on such a list. ``turnover``: the share of a list who were not on the
        list before. ``listed_lately``: the share who were on one of the lists before, as many as
        ``lately`` says. ``lead_days``: half of those caught had so many days or more from the list
        to the outcome. ``caught_soon``: the share of those caught whom it reached within 30 days.
        ``unseen_people_missed``: how many people to whom the outcome came after a list at which no
        history was on record stood within capacity on none of the lists that it followed, and
        ``unseen_people_missed_share``: of all such people.

    Notes
    -----
    Here the cut of each list is held as it was, and people are drawn with all their lists.
    Where scores tie at a cut, each has a chance of a place, and what is told is expected over lots
    that are drawn for each list apart.
    """
    chance = places(scores, heard.lists, capacity)
    person, caught = heard.person, heard.weight * heard.y * chance
    before, recent = _listed_before(chance, heard, lately)
    has_before = heard.lists > heard.lists.min(initial=0)
    missed, could, unseen = _missed(chance, heard)
    sums = np.stack(
        [
            np.bincount(person, values, minlength=heard.n_people)
            for values in (
                chance * has_before,
                chance * has_before * (1 - before),
                chance * has_before * recent,
                caught,
                caught * (heard.lead_days <= SOON_DAYS),
            )
        ]
        + [(1 - missed) * could, could, missed * unseen, unseen]
    )
    order = np.flatnonzero(caught > 0)
    order = order[np.argsort(heard.lead_days[order], kind="stable")]
    parts: dict[str, list[Floats]] = {}
    for drawn in resampled_people(heard.n_people, resamples, seed):
        seats, new, again, got, soon, met, all_of_them, lost, strangers = sums @ drawn.T
        for name, values in {
            "people_reached": _ratio(met, all_of_them),
            "turnover": _ratio(new, seats),
            "listed_lately": _ratio(again, seats),
            "lead_days": _median(heard.lead_days[order], caught[order] * drawn[:, person[order]]),
            "caught_soon": _ratio(soon, got),
            "unseen_people_missed": lost,
            "unseen_people_missed_share": _ratio(lost, strangers),
        }.items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _listed_before(chance: Floats, heard: Heard, lately: int) -> tuple[Floats, Floats]:
    """Return the chance of each to have been on the list before, and on one of those lately."""
    first = np.zeros(len(chance))
    missed_lately = np.ones(len(chance))
    n_lists = int(heard.lists.max(initial=-1)) + 1
    key = heard.person * n_lists + heard.lists
    not_listed = np.ones(heard.n_people * n_lists)
    np.multiply.at(not_listed, key, 1 - chance)
    for back in range(1, lately + 1):
        there = heard.lists >= back
        missed = np.where(there, not_listed[np.where(there, key - back, 0)], 1.0)
        if back == 1:
            first = 1 - missed
        missed_lately *= missed
    return first, 1 - missed_lately


def _missed(chance: Floats, heard: Heard) -> tuple[Floats, Floats, Floats]:
    """Return by person the chance to be on no list before harm, whether harm came, and unseen."""
    harmed = (heard.y > 0) & (heard.weight > 0)
    missed = np.ones(heard.n_people)
    np.multiply.at(missed, heard.person[harmed], 1 - chance[harmed])
    could = np.zeros(heard.n_people)
    could[heard.person[harmed]] = 1.0
    unseen = np.zeros(heard.n_people)
    unseen[heard.person[harmed & heard.unseen]] = 1.0
    return missed, could, unseen


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def _median(values: Floats, weights: Floats) -> Floats:
    """Return the weighted median of rising values under each row of weights."""
    if not len(values):
        return np.full(len(weights), np.nan)
    upto = np.cumsum(weights, axis=1)
    place = (upto < upto[:, -1:] / 2).sum(axis=1)
    found = values[np.minimum(place, len(values) - 1)]
    return np.where(upto[:, -1] > 0, found, np.nan)
