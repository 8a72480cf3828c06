"""Contributions and rules told as reasons, in plain words and in the order of a discussion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from triage.explain.contributions import Contributions
from triage.explain.records import Record, records_behind
from triage.features import Feature, FeatureMatrix
from triage.records import Vocabulary
from triage.rules import MUST_DISCUSS, URGENT, Finding, Trace
from triage.timeline import Moments, Timeline

__all__ = ["Reason", "tell_reasons"]

RAISING, LOWERING = 5, 3
LEAST = 0.005
REST = "all other facts together"
BELOW_USUAL = " (less than is usual among referrals)"

Direction = Literal["raises", "lowers", "none"]


@dataclass(frozen=True)
class Reason:
    """One reason for a referral's place.

    Parameters
    ----------
    origin : {"rule", "model", "rest"}
        ``rest`` is the sum of all that is not told by itself.
    direction : {"raises", "lowers", "none"}
        What it does to the referral's place.
    known : bool
        False where it is the lack of a fact that is told.
    name : str
        The rule's id, or the feature whose words these are; empty for the rest.
    theme : str
        The pipeline or the rule's own theme.
    text : str
        Plain words.
    contribution : float
        What it adds to the score: log-odds, or points; 0 for a rule. The contributions of a
        referral's reasons and the base sum to its score.
    feature_names : tuple of str
        All features whose contributions are in it, or that the rule tests.
    records : tuple of Record
        What it rests on, oldest first.
    """

    origin: Literal["rule", "model", "rest"]
    direction: Direction
    known: bool
    name: str
    theme: str
    text: str
    contribution: float
    feature_names: tuple[str, ...]
    records: tuple[Record, ...]


@dataclass(frozen=True)
class _Fact:
    """Windows of one feature, or facts that are missing for one reason, told as one."""

    feature: Feature
    text: str
    known: bool
    contribution: float
    feature_names: tuple[str, ...]


def tell_reasons(
    contributions: Contributions,
    X: FeatureMatrix,
    trace: Trace,
    timeline: Timeline,
    moments: Moments,
    vocabulary: Vocabulary,
    *,
    raising: int = RAISING,
    lowering: int = LOWERING,
) -> tuple[tuple[Reason, ...], ...]:
    """Return each referral's reasons in the order in which they are told.

    Parameters
    ----------
    contributions : Contributions, of n_rows rows
    X : FeatureMatrix
        All features of the same referrals, those that only rules test among them.
    trace : Trace
        What became of the rules on them.
    timeline : Timeline
    moments : Moments
        The person and the as-of date of each.
    vocabulary : Vocabulary
    raising, lowering : int
        How many of the model's facts are told by themselves.

    Returns
    -------
    tuple of n_rows tuples of Reason
        Rules that raised it; facts that raise the model's score, the strongest first; facts that
        are not known, the strongest first, and with them attributes that the model does not look
        at; facts that lower it; the rest.
    """
    if not len(contributions) == len(X) == trace.n_rows == len(moments):
        raise ValueError(
            f"{len(contributions)} explained rows, {len(X)} rows of features, {trace.n_rows} rows "
            f"of rules and {len(moments)} moments do not belong together"
        )
    features = {feature.name: feature for feature in X.features}
    values = X.select([feature.name for feature in contributions.features]).values
    beside = X.select(_attributes_beside(X, contributions))
    themes = {rule.id: name for name, theme in trace.policy.themes.items() for rule in theme.rules}
    told = []
    for row in range(len(contributions)):
        place = _Place(timeline, int(moments.person[row]), int(moments.day[row]), vocabulary)
        facts = (
            *_facts(contributions.features, values[row], contributions.values[row]),
            *_asked_and_unknown(beside, row),
        )
        told.append(
            (
                *(_of_rule(one, themes, features, place) for one in _floors(trace, row)),
                *_of_model(facts, raising, lowering, place),
            )
        )
    return tuple(told)


@dataclass(frozen=True)
class _Place:
    """Where the records of one referral are found."""

    timeline: Timeline
    person: int
    day: int
    vocabulary: Vocabulary

    def records(self, features: Iterable[Feature]) -> tuple[Record, ...]:
        return records_behind(features, self.timeline, self.person, self.day, self.vocabulary)


def _floors(trace: Trace, row: int) -> Iterator[Finding]:
    fired = trace.fired(row)
    for effect in (URGENT, MUST_DISCUSS):
        yield from (finding for finding in fired if finding.rule.effect == effect)


def _of_rule(
    finding: Finding, themes: Mapping[str, str], features: Mapping[str, Feature], place: _Place
) -> Reason:
    fields = tuple(dict.fromkeys(test.field for test in finding.tests))
    return Reason(
        origin="rule",
        direction="raises",
        known=True,
        name=finding.rule.id,
        theme=themes[finding.rule.id],
        text=finding.reason,
        contribution=0.0,
        feature_names=fields,
        records=place.records(features[field] for field in fields if field in features),
    )


def _of_model(
    facts: tuple[_Fact, ...], raising: int, lowering: int, place: _Place
) -> Iterator[Reason]:
    known = [fact for fact in facts if fact.known and abs(fact.contribution) >= LEAST]
    raises = [fact for fact in known if fact.contribution > 0][:raising]
    lowers = [fact for fact in known if fact.contribution < 0][:lowering]
    unknown = [fact for fact in facts if not fact.known and _is_worth_asking(fact)]
    told = [*raises, *unknown, *lowers]
    for fact in told:
        yield Reason(
            origin="model",
            direction=_direction(fact.contribution),
            known=fact.known,
            name=fact.feature.name,
            theme=fact.feature.theme,
            text=fact.text,
            contribution=fact.contribution,
            feature_names=fact.feature_names,
            records=place.records([fact.feature]),
        )
    apart = {id(fact) for fact in told}
    others = [fact for fact in facts if id(fact) not in apart]
    yield Reason(
        origin="rest",
        direction="none",
        known=True,
        name="",
        theme="",
        text=REST,
        contribution=float(sum(fact.contribution for fact in others)),
        feature_names=tuple(name for fact in others for name in fact.feature_names),
        records=(),
    )


def _is_worth_asking(fact: _Fact) -> bool:
    """Return whether a fact that is not known moves the score, or is one that a person can tell.

    That a history holds no event of some kind, where nothing follows from it, is neither.
    """
    return fact.feature.measure == "attribute" or abs(fact.contribution) >= LEAST


def _attributes_beside(X: FeatureMatrix, contributions: Contributions) -> list[str]:
    """Return the facts of people and referrals themselves that the model does not look at."""
    used = {feature.name for feature in contributions.features}
    return [one.name for one in X.features if one.measure == "attribute" and one.name not in used]


def _asked_and_unknown(beside: FeatureMatrix, row: int) -> Iterator[_Fact]:
    """Yield what nobody knows of a referral, though no model is moved by it: a person may ask."""
    for column in np.flatnonzero(np.isnan(beside.values[row])):
        feature = beside.features[column]
        text = feature.describe(float("nan"))
        yield _Fact(feature, text, known=False, contribution=0.0, feature_names=(feature.name,))


def _direction(contribution: float) -> Direction:
    if abs(contribution) < LEAST:
        return "none"
    return "raises" if contribution > 0 else "lowers"


def _facts(
    features: tuple[Feature, ...], values: np.ndarray, contributions: np.ndarray
) -> tuple[_Fact, ...]:
    """Return the facts of one row, those that move its score most first.

    Windows of one feature are one fact; so are features that are missing in the same words.
    """
    columns: dict[str, list[int]] = {}
    for column, feature in enumerate(features):
        missing = np.isnan(values[column])
        key = f"missing {feature.missing}" if missing else f"known {feature.theme} {feature.group}"
        columns.setdefault(key, []).append(column)
    facts = [_fact(features, values, contributions, together) for together in columns.values()]
    return tuple(sorted(facts, key=lambda fact: (-abs(fact.contribution), fact.feature.name)))


def _fact(
    features: tuple[Feature, ...],
    values: np.ndarray,
    contributions: np.ndarray,
    columns: list[int],
) -> _Fact:
    """Return columns as one fact, in the words of the one that moves it furthest its way."""
    total = float(contributions[columns].sum())
    way = 1.0 if total >= 0 else -1.0
    says_most = max(columns, key=lambda column: way * contributions[column])
    feature, value = features[says_most], float(values[says_most])
    return _Fact(
        feature=feature,
        text=feature.describe(value)
        + (BELOW_USUAL if _is_below_usual(feature, value, total) else ""),
        known=not np.isnan(value),
        contribution=total,
        feature_names=tuple(features[column].name for column in columns),
    )


def _is_below_usual(feature: Feature, value: float, contribution: float) -> bool:
    """Return whether there is some of what raises a score, and yet so little that it lowers it.

    "3 incidents" among what lowers concern would else read as a mistake.
    """
    return feature.direction == "raises" and value > 0 and contribution <= -LEAST
