"""Rules as they are written and dated, and whether they fit what the engine knows."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pydantic

from triage.conditions import (
    All,
    AnyOf,
    Condition,
    ConditionField,
    Kinds,
    Not,
    SomeOf,
    Test,
    columns_of,
    fields_of,
    mismatches,
    parameters_of,
    with_parameters,
)
from triage.errors import ConfigurationError, Problem, close_match
from triage.features import Feature
from triage.records import Vocabulary
from triage.rules.dependencies import (
    LIST_RANK,
    MODEL_FIELDS,
    RULE,
    find_cycle,
    rules_asked,
)
from triage.rules.effects import FLAG, HOLD, ROUTE, EffectField
from triage.rules.parameters import DatedValue, Parameter, Plain, first_gap, overlaps, values_on
from triage.rules.wording import (
    Wording,
    parameters_named,
    placeholders_of,
    with_parameters_told,
    wordings_of,
)
from triage.workspace import Strict, as_far_as_read, gather_documents, line_of, words_of

__all__ = ["Policy", "Rule", "Theme", "read_rules"]

Text = pydantic.Field(min_length=1)
ParameterKey = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Keys = list[str | int]
NOBODY = "no feature pipeline makes"


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
        of that field, in the field's own words; ``{parameter.NAME}`` by a parameter's value with
        its unit; ``{facts}`` by whatever made the rule fire.
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

    @property
    def columns(self) -> frozenset[str]:
        """All columns that it takes to ask the rule, those of earlier as-of dates among them."""
        return columns_of(self.when) | self.fields

    @property
    def parameters(self) -> frozenset[str]:
        """The names of all parameters in the condition and the reason."""
        return parameters_of(self.when) | parameters_named(self.reason)

    @property
    def moves(self) -> bool:
        """Whether it may decide a place on the list."""
        return self.effect != FLAG and self.effect.kind != ROUTE

    @property
    def last_day(self) -> datetime.date:
        """The last as-of date on which the rule is asked."""
        return self.in_force_to or datetime.date.max

    def in_force(self, as_of: datetime.date) -> bool:
        """Return whether the rule is asked on an as-of date; both ends are included."""
        return self.in_force_from <= as_of <= self.last_day


class Theme(Strict):
    """One file of ``configs/rules/``: a title, and rules and parameters that belong together.

    Parameters
    ----------
    title : str
    parameters : dict of str to Parameter
        Every theme's rules may name them.
    rules : list of Rule
        May be empty where there are parameters.
    """

    title: str = Text
    parameters: dict[ParameterKey, Parameter] = {}
    rules: list[Rule] = pydantic.Field(default=[], validate_default=True)

    @pydantic.field_validator("rules")
    @classmethod
    def _is_not_empty(cls, rules: list[Rule], info: pydantic.ValidationInfo) -> list[Rule]:
        if not rules and info.data.get("parameters", True) == {}:
            raise ValueError("a file of rules holds a rule or a parameter at least")
        return rules


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

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Every parameter, with all its values, by its name."""
        return {
            name: parameter
            for theme in self.themes.values()
            for name, parameter in theme.parameters.items()
        }

    def in_force(self, as_of: datetime.date) -> tuple[Rule, ...]:
        """Return the rules that are asked on an as-of date, with the values of that date."""
        values = values_on(self.parameters, as_of)
        return tuple(self.settled(rule, values) for rule in self.rules if rule.in_force(as_of))

    def settled(self, rule: Rule, values: Mapping[str, Plain]) -> Rule:
        """Return a rule with values in place of its parameters' names.

        Raises
        ------
        KeyError
            A parameter of the rule has no value there.
        """
        if not rule.parameters:
            return rule
        told = {name: self.parameters[name].told(values[name]) for name in rule.parameters}
        return rule.model_copy(
            update={
                "when": with_parameters(rule.when, values),
                "reason": with_parameters_told(rule.reason, told),
            }
        )


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
        field cannot have, and an id that stands twice; a parameter that no rule names, that
        none declares, that stands twice, or has two values or none on a date on which a rule
        asks for it; and rules that go round in a circle.
    """
    features = tuple(features)
    themes, problems = gather_documents(folder, Theme, root=root)
    written = _Written.of(themes, folder, root, problems)
    problems += _wrong_rules(written, root, features, vocabulary)
    if problems:
        raise ConfigurationError(problems)
    titles = {place.rule.id: place.rule.title for place in written.places}
    return Policy(
        themes={Path(file).stem: theme for file, theme in themes.items()},
        kinds=_kinds(written, features, vocabulary),
        wordings=wordings_of(features, vocabulary, titles),
    )


@dataclass(frozen=True)
class _Place:
    """A rule, and where it stands."""

    path: Path
    root: Path | None
    position: int
    rule: Rule

    @property
    def name(self) -> str:
        """What messages call the rule."""
        return "a rule" if "id" in self.rule.unread else f"rule '{self.rule.id}'"

    def line(self, keys: Keys) -> str:
        file = self.path.relative_to(self.root) if self.root else self.path
        return f"{file}, line {line_of(self.path, ['rules', self.position, *keys])}"


@dataclass(frozen=True)
class _Written:
    """What could be read of all files of rules, and which words stand in those that were not whole.

    Parameters
    ----------
    places : tuple of _Place
    rules : mapping of str to Rule
        By id.
    parameters : mapping of (Path, str) to Parameter
        By file and name.
    words : frozenset of str
        Names that such a file may give to rules and parameters.
    """

    places: tuple[_Place, ...]
    rules: Mapping[str, Rule]
    parameters: Mapping[tuple[Path, str], Parameter]
    words: frozenset[str]

    @classmethod
    def of(
        cls, themes: Mapping[str, Theme], folder: Path, root: Path | None, wrong: Iterable[Problem]
    ) -> _Written:
        places = tuple(
            _Place(folder / file, root, position, rule)
            for file, theme in themes.items()
            for position, rule in enumerate(() if "rules" in theme.unread else theme.rules)
        )
        parameters = {
            (folder / file, name): parameter
            for file, theme in themes.items()
            for name, parameter in (
                () if "parameters" in theme.unread else theme.parameters.items()
            )
        }
        rules = {place.rule.id: place.rule for place in places if "id" not in place.rule.unread}
        return cls(places, rules, parameters, words_of(wrong, root))

    @property
    def declared(self) -> dict[str, Parameter]:
        """The parameters by name."""
        return {name: parameter for (_, name), parameter in self.parameters.items()}


def _kinds(written: _Written, features: Iterable[Feature], vocabulary: Vocabulary) -> Kinds:
    """Return what the values of each field may be that rules may name."""
    rules = dict.fromkeys([*written.rules, *sorted(written.words)])
    return {
        **vocabulary.attribute_fields(),
        **{feature.name: "number" for feature in features},
        **{f"{RULE}{name}": "answer" for name in rules},
        **dict.fromkeys((*MODEL_FIELDS, LIST_RANK), "number"),
    }


def _wrong_rules(
    written: _Written, root: Path | None, features: Sequence[Feature], vocabulary: Vocabulary
) -> Iterator[Problem]:
    yield from _repeated_ids(written.places)
    yield from _parameter_problems(written, root)
    for place in written.places:
        yield from _parameters_asked(place, written)
        yield from _unknown_facts(place, written, features, vocabulary)
        yield from _rules_not_asked(place, written.rules)
    yield from _cycles(written.places)


def _repeated_ids(places: Iterable[_Place]) -> Iterator[Problem]:
    seen: dict[str, _Place] = {}
    for place in places:
        if "id" in place.rule.unread:
            continue
        first = seen.setdefault(place.rule.id, place)
        if first is not place:
            yield Problem(
                place.line(["id"]),
                f"the id '{place.rule.id}' must stand once in all rules; it already stands in "
                + first.line(["id"]),
                mend="Rename one of the two.",
            )


@as_far_as_read
def _unknown_facts(
    place: _Place, written: _Written, features: Sequence[Feature], vocabulary: Vocabulary
) -> Iterator[Problem]:
    kinds, audit_only = _kinds(written, features, vocabulary), vocabulary.audit_only()
    changing = frozenset(one.name for one in features if one.measure != "attribute")
    yield from _unknown_fields(place, kinds, written, audit_only)
    yield from _unknown_placeholders(place, kinds, audit_only)
    yield from _without_history(place, kinds, changing)


@as_far_as_read
def _unknown_fields(
    place: _Place, kinds: Kinds, written: _Written, audit_only: frozenset[str]
) -> Iterator[Problem]:
    name = place.name
    for test, keys in _tests(place.rule.when, ["when"]):
        if used := {test.field, test.than} & audit_only:
            yield _for_audit_only(place.line(keys), f"{name} tests '{min(used)}'")
            continue
        for sentence in _misfits(test, kinds, written):
            must, _, mend = sentence.partition(". ")
            yield Problem(place.line(keys), f"{name} {must.rstrip('.')}", mend=mend)


@as_far_as_read
def _unknown_placeholders(
    place: _Place, kinds: Kinds, audit_only: frozenset[str]
) -> Iterator[Problem]:
    name = place.name
    for field in placeholders_of(place.rule.reason):
        if field in audit_only:
            yield _for_audit_only(place.line(["reason"]), f"{name} names '{field}' in its reason")
        elif field not in kinds:
            yield Problem(
                place.line(["reason"]),
                f"{name} names '{{{field}}}' in its reason, which {NOBODY}",
                mend=close_match(field, [one for one in kinds if not one.startswith(RULE)]),
            )


@as_far_as_read
def _misfits(test: Test, every: Kinds, written: _Written) -> Iterator[str]:
    """Yield what is wrong with a leaf, with every value that its parameters ever have."""
    declared = written.declared
    parameters = {name: declared[name] for name in sorted(parameters_of(test)) if name in declared}
    days = {value.in_force_from for one in parameters.values() for value in one.values}
    last = {name: one.last.value for name, one in parameters.items()}
    settled = [{**last, **values_on(parameters, day)} for day in sorted(days)] or [{}]
    asks_rule = test.field.startswith(RULE)
    kinds = {field: kind for field, kind in every.items() if field.startswith(RULE) == asks_rule}
    if parameters_of(test) <= parameters.keys():
        yield from dict.fromkeys(
            sentence
            for values in settled
            for sentence in mismatches(
                with_parameters(test, values), kinds, made_by=NOBODY, of_rules=True
            )
        )


@as_far_as_read
def _without_history(place: _Place, kinds: Kinds, changing: frozenset[str]) -> Iterator[Problem]:
    for test, keys in _tests(place.rule.when, ["when"]):
        if test.earlier and test.field in kinds and test.field not in changing:
            yield Problem(
                place.line(keys),
                f"{place.name} asks how '{test.field}' has changed, but only what "
                "pipelines make of events has a value on an earlier date",
            )


@as_far_as_read
def _rules_not_asked(place: _Place, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    """Yield where a rule is asked about another on dates on which that one is not in force."""
    for name in rules_asked(place.rule.fields):
        other = rules.get(name)
        if (
            other is not None
            and not {"in_force_from", "in_force_to"} & other.unread
            and (
                place.rule.in_force_from < other.in_force_from
                or place.rule.last_day > other.last_day
            )
        ):
            yield Problem(
                place.line(["when"]),
                f"{place.name} asks about rule '{name}', which is not in force on every "
                "date on which it is asked itself",
                mend="Let the dates of the one lie within those of the other.",
            )


def _cycles(places: Sequence[_Place]) -> Iterator[Problem]:
    """Yield a circle of rules that are whole and have ids of their own."""
    ids = Counter(place.rule.id for place in places if "id" not in place.rule.unread)
    places = [place for place in places if not place.rule.unread and ids[place.rule.id] == 1]
    fields = {place.rule.id: place.rule.fields for place in places}
    moving = {place.rule.id for place in places if place.rule.moves}
    if cycle := find_cycle(fields, moving):
        first = next(place for place in places if place.rule.id in cycle)
        told = " → ".join(cycle)
        yield Problem(
            first.line(["when"]),
            f"rules must not go round in a circle; each of these asks about the next: {told}",
            mend="Places follow from every rule that raises, holds, excludes or reserves, so only "
            "a flag or a route may ask about list.rank." * (LIST_RANK in cycle),
        )


def _parameter_problems(written: _Written, root: Path | None) -> Iterator[Problem]:
    """Yield what is wrong with the parameters of all themes."""
    asked = {name for place in written.places for name in _parameters_of(place)} | written.words
    declared: set[str] = set()
    for (path, name), parameter in written.parameters.items():
        shown = path.relative_to(root) if root else path
        where = f"{shown}, line {line_of(path, ['parameters', name])}"
        if name in declared:
            yield Problem(where, f"the parameter '{name}' must stand once in all files of rules")
        declared.add(name)
        if name not in asked:
            yield Problem(
                where,
                f"no rule names the parameter '{name}'",
                mend="Remove it, or write 'value: {parameter: " + name + "}' in a rule.",
            )
        for position, before in _overlaps(parameter):
            line = line_of(path, ["parameters", name, "values", position, "in_force_from"])
            yield Problem(
                f"{shown}, line {line}",
                f"the parameter '{name}' must have one value on a date, and the value that "
                f"began on {before.in_force_from} goes on then",
                mend="Give that one an in_force_to.",
            )


@as_far_as_read
def _parameters_of(place: _Place) -> Iterator[str]:
    yield from sorted(place.rule.parameters)


@as_far_as_read
def _overlaps(parameter: Parameter) -> Iterator[tuple[int, DatedValue]]:
    yield from overlaps(parameter)


@as_far_as_read
def _parameters_asked(place: _Place, written: _Written) -> Iterator[Problem]:
    declared = written.declared
    for name in _parameters_of(place):
        if name in declared:
            yield from _without_value(place, name, declared[name])
        elif name not in written.words:
            yield Problem(
                place.line(["when"]),
                f"{place.name} names the parameter '{name}', which no file of rules declares",
                mend=close_match(name, declared),
            )


@as_far_as_read
def _without_value(place: _Place, name: str, parameter: Parameter) -> Iterator[Problem]:
    gap = first_gap(parameter.values, place.rule.in_force_from, place.rule.last_day)
    if gap is not None:
        yield Problem(
            place.line(["in_force_from"]),
            f"{place.name} is in force on {gap}, when the parameter '{name}' has no value",
            mend="Let a value begin on that date, or change the rule's dates.",
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
        case All(parts) | AnyOf(parts) | SomeOf(_, parts):
            words = {All: "all", AnyOf: "any", SomeOf: "of"}
            word = words[type(condition)]
            for position, part in enumerate(parts):
                yield from _tests(part, [*keys, word, position])
