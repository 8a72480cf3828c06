"""Rules as they are written and dated, and whether they fit what the engine knows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pydantic

from triage.conditions import (
    All,
    AnyOf,
    Condition,
    ConditionField,
    Kinds,
    Not,
    Test,
    fields_of,
    mismatches,
)
from triage.errors import ConfigurationError, Problem, close_match
from triage.features import Feature
from triage.records import Vocabulary
from triage.rules.effects import HOLD, EffectField
from triage.rules.wording import Wording, placeholders_of, wordings_of
from triage.workspace import Strict, line_of, read_documents

__all__ = ["Policy", "Rule", "Theme", "read_rules"]

Text = pydantic.Field(min_length=1)
Keys = list[str | int]


class Rule(Strict):
    """One rule of a panel's policy.

    Parameters
    ----------
    id : str
        Lower case letters, digits and underscores; it stands once in all themes.
    title : str
        The rule in a few words, as it stands on a list.
    reason : str
        Why it concerns this referral, in plain words. ``{FIELD}`` is replaced by what is known
        of that field, in the field's own words; ``{facts}`` by whatever made the rule fire.
    effect : Effect
        What it does: ``ineligible``, ``hold``, ``flag``, ``reserve``, ``{floor: urgent}``,
        ``{floor: must_discuss}`` or ``{route: NAME}``, as in ``{route: CARA}``.
    until : str
        For a hold, and only for one: what has to happen before the referral is heard.
    when : Condition
        What must be true of the facts. Only a yes fires; an unknown is kept and told.
    source : str
        The research, the law or the local decision on which the rule rests.
    source_checked : bool
        Whether the author has read it there; false where a figure is from memory or at second
        hand.
    author : str
        Who answers for the rule.
    in_force_from, in_force_to : date
        The first and the last as-of date on which the rule is asked. Without a last one it stays
        in force.
    review_on : date
        When the rule has to be looked at again.
    """

    id: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Text
    reason: str = Text
    effect: EffectField
    until: str = pydantic.Field(default="", validate_default=True)
    when: ConditionField
    source: str = Text
    source_checked: bool
    author: str = Text
    in_force_from: datetime.date
    in_force_to: datetime.date | None = None
    review_on: datetime.date

    @pydantic.field_validator("reason")
    @classmethod
    def _placeholders_are_names(cls, reason: str) -> str:
        placeholders_of(reason)
        return reason

    @pydantic.field_validator("until")
    @classmethod
    def _a_hold_has_an_end(cls, until: str, info: pydantic.ValidationInfo) -> str:
        if "effect" in info.data and (info.data["effect"] == HOLD) != bool(until):
            raise ValueError("a hold says until when, and no other effect does")
        return until

    @pydantic.field_validator("in_force_to", "review_on")
    @classmethod
    def _dates_are_in_order(
        cls, date: datetime.date | None, info: pydantic.ValidationInfo
    ) -> datetime.date | None:
        begins = info.data.get("in_force_from")
        if date is not None and begins is not None and date < begins:
            raise ValueError(f"the date {date} lies before in_force_from, {begins}")
        return date

    @property
    def fields(self) -> frozenset[str]:
        """All fields that the condition tests or the reason names."""
        return fields_of(self.when) | set(placeholders_of(self.reason))

    def in_force(self, as_of: datetime.date) -> bool:
        """Return whether the rule is asked on an as-of date; both ends are included."""
        return self.in_force_from <= as_of and (
            self.in_force_to is None or as_of <= self.in_force_to
        )


class Theme(Strict):
    """One file of ``configs/rules/``: a title, and rules that belong together."""

    title: str = Text
    rules: list[Rule] = pydantic.Field(min_length=1)


@dataclass(frozen=True)
class Policy:
    """All rules of a workspace, and the fields that they may name.

    Parameters
    ----------
    themes : mapping of str to Theme
        By file name without its ending, in order.
    kinds : mapping
        What the values of each field may be (see :data:`triage.conditions.Kinds`).
    wordings : mapping of str to Wording
        How each field is told in plain words.
    """

    themes: Mapping[str, Theme]
    kinds: Kinds
    wordings: Mapping[str, Wording]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, whatever its dates, in the order of files and of rules in them."""
        return tuple(rule for theme in self.themes.values() for rule in theme.rules)

    def in_force(self, as_of: datetime.date) -> tuple[Rule, ...]:
        """Return the rules that are asked on an as-of date."""
        return tuple(rule for rule in self.rules if rule.in_force(as_of))


def read_rules(
    folder: Path,
    features: Iterable[Feature],
    vocabulary: Vocabulary,
    *,
    root: Path | None = None,
) -> Policy:
    """Return the policy that a folder of rules says.

    Parameters
    ----------
    folder : Path
        ``configs/rules/``. Files that end in ``.cases.yaml`` are read by
        :func:`triage.rules.read_rule_cases`.
    features : iterable of Feature
        Every feature that the pipelines make.
    vocabulary : Vocabulary
        Gives the attributes of people and referrals.
    root : Path, optional
        Messages name files relative to this folder.

    Raises
    ------
    ConfigurationError
        With every problem of every file: besides what every document must hold, a rule that
        tests or names a field which nothing makes or which is for audit only, a value that its
        field cannot have, and an id that stands twice.
    """
    features = tuple(features)
    themes = read_documents(folder, Theme, root=root)
    kinds: Kinds = {
        **vocabulary.attribute_fields(),
        **{feature.name: "number" for feature in features},
    }
    places = [
        _Place(folder / file, root, position, rule)
        for file, theme in themes.items()
        for position, rule in enumerate(theme.rules)
    ]
    problems = [
        *_repeated_ids(places),
        *(
            problem
            for place in places
            for problem in _unknown_fields(place, kinds, vocabulary.audit_only())
        ),
    ]
    if problems:
        raise ConfigurationError(problems)
    return Policy(
        themes={Path(file).stem: theme for file, theme in themes.items()},
        kinds=kinds,
        wordings=wordings_of(features, vocabulary),
    )


@dataclass(frozen=True)
class _Place:
    """A rule, and where it stands."""

    path: Path
    root: Path | None
    position: int
    rule: Rule

    def line(self, keys: Keys) -> str:
        file = self.path.relative_to(self.root) if self.root else self.path
        return f"{file}, line {line_of(self.path, ['rules', self.position, *keys])}"


def _repeated_ids(places: list[_Place]) -> Iterator[Problem]:
    seen: dict[str, _Place] = {}
    for place in places:
        first = seen.setdefault(place.rule.id, place)
        if first is not place:
            yield Problem(
                place.line(["id"]),
                f"the id '{place.rule.id}' must stand once in all rules; it already stands in "
                + first.line(["id"]),
                mend="Rename one of the two.",
            )


def _unknown_fields(place: _Place, kinds: Kinds, audit_only: frozenset[str]) -> Iterator[Problem]:
    name = f"rule '{place.rule.id}'"
    for test, keys in _tests(place.rule.when, ["when"]):
        if test.field in audit_only:
            yield _for_audit_only(place.line(keys), f"{name} tests '{test.field}'")
            continue
        for sentence in mismatches(test, kinds, made_by="no feature pipeline makes"):
            must, _, mend = sentence.partition(". ")
            yield Problem(place.line(keys), f"{name} {must.rstrip('.')}", mend=mend)
    for field in placeholders_of(place.rule.reason):
        if field in audit_only:
            yield _for_audit_only(place.line(["reason"]), f"{name} names '{field}' in its reason")
        elif field not in kinds:
            yield Problem(
                place.line(["reason"]),
                f"{name} names '{{{field}}}' in its reason, which no feature pipeline makes",
                mend=close_match(field, kinds),
            )


def _for_audit_only(where: str, what: str) -> Problem:
    return Problem(
        where,
        f"{what}, which is for audit only",
        mend="A rule must not use a protected characteristic, or a proxy of one; remove it.",
    )


def _tests(condition: Condition, keys: Keys) -> Iterator[tuple[Test, Keys]]:
    """Yield each leaf and the way to it in its file.

    A connective that is written in the short form has no key of its own there, and ``line_of``
    passes over keys that it does not find.
    """
    match condition:
        case Test():
            yield condition, [*keys, condition.field]
        case Not(part):
            yield from _tests(part, [*keys, "not"])
        case All(parts) | AnyOf(parts):
            word = "all" if isinstance(condition, All) else "any"
            for position, part in enumerate(parts):
                yield from _tests(part, [*keys, word, position])
