"""Gates: what a version must have shown before it may rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from triage.learning.evaluations import Evaluation
from triage.learning.resampling import Figure
from triage.workspace import Fairness, Gates, Tolerance

__all__ = ["Standing", "Verdict", "judge", "points"]

ASKED = ("recall", "false_positive")
"""The tolerances that bar a version from ranking."""


@dataclass(frozen=True)
class Standing:
    """Who ranks at the moment of asking.

    Parameters
    ----------
    version : int or None
        The champion's number.
    fingerprint : str
        Of the examples that it was trained on.
    harm_captured : float or None
        Over its own test periods.
    """

    version: int | None
    fingerprint: str = ""
    harm_captured: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What one gate says.

    Parameters
    ----------
    gate : {"harm_captured", "calibration", "fairness", "leakage", "turnover", "card"}
    result : {"passed", "failed", "not applicable"}
    told : str
        What was found and what is asked, as a plain sentence without its full stop.
    """

    gate: str
    result: Literal["passed", "failed", "not applicable"]
    told: str


def judge(
    evaluation: Evaluation | None,
    gates: Gates,
    standing: Standing,
    fairness: Fairness,
    *,
    missing: str = "",
) -> tuple[Verdict, ...]:
    """Return what every gate says of a version.

    Parameters
    ----------
    evaluation : Evaluation or None
        None where none is kept with the version: its card cannot be made, and nothing is known.
    gates : Gates
    standing : Standing
    fairness : Fairness
        Its tolerances of ``recall`` and ``false_positive`` are asked of the attributes that it
        judges.
    missing : str
        Why there is no evaluation.
    """
    if evaluation is None:
        return (Verdict("card", "failed", f"there is nothing to make a card from: {missing}"),)
    return (
        _harm(evaluation, gates, standing),
        _calibration(evaluation, gates),
        _fairness(evaluation, fairness),
        _leakage(evaluation, gates),
        _turnover(evaluation, gates, standing),
        Verdict("card", "passed", "a card can be made"),
    )


def _harm(evaluation: Evaluation, gates: Gates, standing: Standing) -> Verdict:
    gate, asked = "harm_captured", gates.harm_captured
    against = evaluation.against
    if standing.version is not None and (against is None or against.version != standing.version):
        return _harm_of_one_run(evaluation, gates, standing)
    if against is None:
        return Verdict(gate, "not applicable", "there is no ranker to be better than")
    figure = against.better_by
    value = figure.value if asked.judged_by == "estimate" else figure.low
    if value is None:
        return Verdict(gate, "not applicable", "no harm followed anybody")
    told = (
        f"{points(figure)} of the harm that followed, against {against.title} on the same test "
        f"periods; the {asked.judged_by} must be above {asked.better_by:.1%}"
    )
    return _verdict(gate, value > asked.better_by, told)


def _harm_of_one_run(evaluation: Evaluation, gates: Gates, standing: Standing) -> Verdict:
    """Judge against a champion that was made after this, or with it."""
    gate, own = "harm_captured", evaluation.figure("harm_captured").value
    same = evaluation.data.fingerprint == standing.fingerprint
    if not same or own is None or standing.harm_captured is None:
        told = f"it was never compared with version {standing.version}, which ranks now"
        return Verdict(gate, "failed", f"{told}: run 'triage train' again")
    told = (
        f"{own:.1%} of the harm that followed, and version {standing.version}, which ranks now, "
        f"{standing.harm_captured:.1%} on the same test periods; the difference must be above "
        f"{gates.harm_captured.better_by:.1%}"
    )
    return _verdict(gate, own - standing.harm_captured > gates.harm_captured.better_by, told)


def _calibration(evaluation: Evaluation, gates: Gates) -> Verdict:
    gate, slope = "calibration", evaluation.figure("calibration_slope").value
    low, high = gates.calibration_slope
    if evaluation.model.kind != "estimator":
        return Verdict(gate, "not applicable", "points do not speak of probability")
    if slope is None:
        return Verdict(gate, "failed", "no calibration slope could be found")
    told = f"slope {slope:.2f}; it must lie between {low:g} and {high:g}"
    return _verdict(gate, low <= slope <= high, told)


def _fairness(evaluation: Evaluation, fairness: Fairness) -> Verdict:
    gate = "fairness"
    asked = [name for name in ASKED if name in fairness.tolerances]
    found = [
        (figure, fairness.tolerances[name], f"{one.attribute} '{one.group}' {words}")
        for one in evaluation.groups
        if one.attribute in fairness.judged
        for name, figure, words in (
            ("recall", _turned(one.gap), "with the outcome are within capacity"),
            ("false_positive", one.excess, "without it are within capacity"),
        )
        if name in asked and figure is not None and figure.value is not None
    ]
    if not asked:
        told = "configs/fairness.yaml sets no tolerance for recall or false_positive"
        return Verdict(gate, "not applicable", told)
    if not found:
        return Verdict(gate, "not applicable", "no group is large enough to tell anything of it")
    worse = [one for one in found if _is_outside(one[0], one[1])]
    shown = worse or [max(found, key=lambda one: _towards(one[0], one[1]))]
    told = "; ".join(
        f"those of {words} {'more' if (figure.value or 0) > 0 else 'less'} often than all others: "
        f"{points(figure)}, of which {tolerance.at_most:.0%} {tolerance.side} is tolerated"
        for figure, tolerance, words in shown
    )
    return _verdict(gate, not worse, f"{told}; the whole interval may not lie beyond that")


def _turned(figure: Figure | None) -> Figure | None:
    """Return everybody else's less a group's as the group's less everybody else's."""
    if figure is None or figure.value is None:
        return figure
    low = None if figure.high is None else -figure.high
    high = None if figure.low is None else -figure.low
    return Figure(value=-figure.value, low=low, high=high)


def _is_outside(figure: Figure, tolerance: Tolerance) -> bool:
    if figure.low is None or figure.high is None:
        return False
    return tolerance.exceeded_by(figure.low, figure.high)


def _towards(figure: Figure, tolerance: Tolerance) -> float:
    """Return how far a difference goes to the side that is tolerated least."""
    value = figure.value or 0.0
    return {"below": -value, "above": value, "either": abs(value)}[tolerance.side]


def _leakage(evaluation: Evaluation, gates: Gates) -> Verdict:
    gate = "leakage"
    barred = [one for one in evaluation.alarms if one.name not in gates.alarms_allowed]
    if barred:
        told = "; ".join(f"alarm '{one.name}', {one.subject}: {one.told}" for one in barred)
        return Verdict(gate, "failed", f"{told}. That it was acknowledged lets it be looked at")
    return Verdict(gate, "passed", "no alarm went off that bars a version")


def _turnover(evaluation: Evaluation, gates: Gates, standing: Standing) -> Verdict:
    gate, against = "turnover", evaluation.against
    if against is None or standing.version is None or against.version != standing.version:
        return Verdict(gate, "not applicable", "there is no champion that it was compared with")
    told = (
        f"{against.turnover:.0%} of the places within capacity would go to others; at most "
        f"{gates.turnover_at_most:.0%} may"
    )
    return _verdict(gate, against.turnover <= gates.turnover_at_most, told)


def _verdict(gate: str, passed: bool, told: str) -> Verdict:
    return Verdict(gate, "passed" if passed else "failed", told)


def points(figure: Figure) -> str:
    """Return a difference between shares in words, with its interval.

    Examples
    --------
    >>> points(Figure(value=0.036, low=-0.01, high=0.08))
    '+3.6 points (-1.0 to +8.0)'
    """
    words = f"{100 * (figure.value or 0.0):+.1f} points"
    if figure.low is None or figure.high is None:
        return words
    return f"{words} ({100 * figure.low:+.1f} to {100 * figure.high:+.1f})"
