"""A model's card, and the fields of its transparency record, from one source: its evaluation."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.conditions import date_words
from triage.papers.calibration import calibration_drawing
from triage.papers.html_pages import drawn
from triage.papers.plots import (
    Row,
    interval_plot,
    percent,
    plain_number,
    shapes_plot,
    times_the_odds,
)
from triage.papers.told import Section, Table, ToldPage, told_markdown, told_page
from triage.papers.wording import horizon_words, number_of
from triage.workspace import Panel

if TYPE_CHECKING:  # learning takes seconds to import
    from triage.learning import (
        CalibrationFigures,
        Evaluation,
        FeatureShape,
        Figure,
        GroupFigures,
        Measured,
        Verdict,
    )

__all__ = [
    "LIMITS",
    "NOT_FOR",
    "Approval",
    "Card",
    "atrs_markdown",
    "atrs_page",
    "card_markdown",
    "card_page",
    "value_words",
]

NOT_FOR = (
    "It does not decide. It may not be used to refuse anybody a service, to charge, to sentence, "
    "to set bail, or to judge whether somebody told the truth.",
    "It says nothing about people who were never referred to this panel.",
    "A low place is not safety: over half of deadly cases had no earlier police contact.",
)
LIMITS = (
    "Outcomes are what agencies recorded. Behaviour that is recorded more often in one area, or of "
    "one group, looks more frequent there.",
    "People whom the panel took on may have done less harm because of it.",
    "Nothing is told of a group of few people; that is not to say that it is treated alike.",
    "Intervals come from drawing people again. They do not cover a change of law, recording or "
    "practice.",
)
SHAPES = (
    "The score of this model is a sum of one curve a feature, and of nothing else: no two features "
    "work together. The curves that reach furthest are drawn, each over the values of referrals as "
    "they are spread, one a person; at ×1 a value is as good as not looked at.",
    "A dot is what a value makes of the odds, against the mean of all, when all else is equal; "
    "between two dots a curve may take its step anywhere. “?” is a value that is not known. A "
    "curve is what the model does, not what brings harm about: features that come together share "
    "what is due to both.",
)
TO_FILL = "To be filled in by the panel."
DIRECTIONS = {"raises": "more can only raise", "lowers": "more can only lower", "none": "free"}


@dataclass(frozen=True)
class Approval:
    """Who let a version rank.

    ``by`` and ``because`` may be empty; ``overridden`` are the gates that it did not pass.
    """

    at: datetime.datetime
    by: str
    because: str
    overridden: Sequence[str]
    retest_on: datetime.date | None


@dataclass(frozen=True)
class Card:
    """What a card is made from.

    Parameters
    ----------
    version : int
    sha256 : str
        Of the model's file.
    panel : Panel
    evaluation : Evaluation
    verdicts : sequence of Verdict
        What the gates say of it.
    approval : Approval or None
        None where it was never promoted.
    """

    version: int
    sha256: str
    panel: Panel
    evaluation: Evaluation
    verdicts: Sequence[Verdict]
    approval: Approval | None

    @property
    def title(self) -> str:
        """The head of the card."""
        return f"Model card: {self.evaluation.model.title}, version {self.version}"


def card_page(card: Card) -> bytes:
    """Return a card as an HTML page."""
    return told_page(_page(card))


def card_markdown(card: Card) -> str:
    """Return a card as Markdown; the calibration plot is its table there."""
    return told_markdown(_page(card))


def _page(card: Card) -> ToldPage:
    return ToldPage(
        kind="Model card",
        title=card.title,
        panel=card.panel,
        synthetic=card.evaluation.synthetic,
        standing=_standing(card),
        sections=tuple(_sections(card)),
    )


def _standing(card: Card) -> str:
    approval = card.approval
    if approval is None:
        return "Nobody has approved this version: it does not rank."
    who = approval.by or "somebody who was not named"
    due = f", to be tested again by {date_words(approval.retest_on)}" if approval.retest_on else ""
    count = len(approval.overridden)
    against = f" AGAINST {number_of(count, 'gate')} that it did not pass." if count else ""
    return f"Approved by {who} on {date_words(approval.at.date())}{due}.{against}"


def _sections(card: Card) -> Iterator[Section]:
    made = card.evaluation
    yield Section("purpose", "What it is for", _purpose(card))
    yield Section("not-for", "What it is not for", NOT_FOR)
    yield Section("outcome", "What is foretold", _outcome(made))
    yield Section("measures", "How well it did", _tested(made), _measures(made))
    yield Section("others", "Against other rankers", _against(made), _others(made))
    yield Section("groups", "By group at the cut", _about_groups(card), _groups(made.groups))
    if made.curve:
        drawing = drawn(
            "calibration", drawing=calibration_drawing(made.curve), key="calibration-figure"
        )
        yield Section("calibration", "Calibration", _calibrated(made), _curve(made), drawing)
    if made.calibration_by_group:
        yield Section(
            "calibration-groups",
            "Calibration by group",
            _about_calibration(card),
            _calibrations(made.calibration_by_group),
            _groups_drawing(made),
        )
    yield Section("gates", "Gates", (), _gates(card))
    yield Section("alarms", "Alarms", _alarms(made))
    yield Section("data", "Data", _data(made), _inputs(made))
    yield Section("features", "Features and directions", _about_features(made), _features(made))
    if made.shapes:
        yield Section(
            "shapes", "What each feature does", SHAPES, _shapes(made), _drawn_shapes(made)
        )
    yield Section("limits", "Limits", (*LIMITS, *(f"{note}." for note in made.notes)))
    yield Section("approval", "Approval and retest", _approval(card))


def _purpose(card: Card) -> Iterator[str]:
    made = card.evaluation
    yield (
        f"It puts the referrals to {card.panel.name} in an order for discussion, {made.capacity} "
        "at a meeting. People decide whom to take on."
    )
    yield made.model.purpose
    source = f" Source: {made.model.source}." if made.model.source else ""
    settings = ", ".join(f"{name} {value}" for name, value in made.model.parameters.items())
    settings = f" ({settings})" if settings else ""
    yield f"How it is made: {made.model.estimator}{settings}.{source}"


def _outcome(made: Evaluation) -> Iterator[str]:
    outcome = made.outcome
    yield f"{outcome.name}: {outcome.meaning}."
    yield (
        f"It looks {horizon_words(outcome.horizon_days)} ahead; an outcome counts as known "
        f"{outcome.settles_in_days} days later. Of all referrals learned from, "
        f"{outcome.base_rate:.1%} had it."
    )
    yield f"Harm is counted by: {made.harm_scale}."


def _tested(made: Evaluation) -> Iterator[str]:
    data = made.data
    periods = "; ".join(f"{date_words(a)} to {date_words(b)}" for a, b in data.periods)
    yield (
        f"Tested forward in time on {data.tested:,} referrals, {data.tested_positives:,} with the "
        f"outcome, on {made.lists} monthly lists of {made.capacity}: {periods}. Each test period "
        "was foretold by a model that learned only from what had settled before it."
    )


def _measures(made: Evaluation) -> Table:
    return Table(
        "Over all test periods, with intervals of 95%",
        ("Measure", "Value", "Interval", "What it says"),
        [
            (
                one.name.replace("_", " "),
                _value(one.figure),
                _interval(one.figure),
                f"{one.meaning[:1].upper()}{one.meaning[1:]}",
            )
            for one in made.measures
        ],
    )


def _against(made: Evaluation) -> Iterator[str]:
    against = made.against
    if against is None:
        yield "It was compared with no ranker that was in use."
        return
    who = "the champion then" if against.role == "champion" else "the fallback"
    better = against.better_by
    yield (
        f"Against {who}, {against.title}, on the same people: {_points(better)} of the harm that "
        f"followed. {against.turnover:.0%} of the places within capacity would go to others."
    )


def _others(made: Evaluation) -> Table:
    own = made.figure("harm_captured")
    auc = made.figure("auc").value
    rows = [
        (made.model.title + " (this one)", made.model.kind, own, auc),
        *((one.title, one.kind, one.harm_captured, one.auc) for one in made.others),
    ]
    rows.sort(key=lambda row: -(row[2].value or 0.0))
    return Table(
        "On the same test periods, most harm captured first",
        ("Ranker", "Kind", "Harm captured", "Interval", "AUC"),
        [
            (title, kind, _value(figure), _interval(figure), "" if auc is None else f"{auc:.3f}")
            for title, kind, figure, auc in rows
        ],
    )


def _about_groups(card: Card) -> Iterator[str]:
    yield (
        "Groups are for audit only; no feature can see them. Reached: of those with the outcome, "
        "the share within capacity. Heard without it: of those without, the share within capacity. "
        "Differences are from all others; above 0 is to the group's disadvantage."
    )
    yield _withheld(card)


def _withheld(card: Card) -> str:
    return (
        f"Nothing is told where there are fewer than {card.panel.smallest_group} people, or so few "
        "with the outcome or without it. Counts are to the nearest 5."
    )


def _groups(groups: Sequence[GroupFigures]) -> Table:
    return Table(
        "At the panel's capacity, with intervals of 95%",
        ("Group", "Referrals", "Reached", "Less than others", "Heard without it", "More often"),
        [
            (
                f"{one.attribute}: {one.group}",
                f"about {one.rows}",
                _share(one.reached),
                _points(one.gap),
                _share(one.mistaken),
                _points(one.excess),
            )
            if one.told
            else (f"{one.attribute}: {one.group}", "too few to tell", "", "", "", "")
            for one in groups
        ],
    )


def _calibrated(made: Evaluation) -> Iterator[str]:
    yield (
        "Referrals of like probability together, from the least likely to the likeliest: what was "
        "foretold of them, and the share that had the outcome. On the line both are equal."
    )
    slope, intercept = made.figure("calibration_slope"), made.figure("calibration_intercept")
    if slope.value is not None and intercept.value is not None:
        yield (
            f"Slope {_plain(slope)}: 1 is right, below 1 chances are told too extreme. Intercept "
            f"{_plain(intercept)}: 0 is right, below 0 chances are told too high."
        )


def _about_calibration(card: Card) -> Iterator[str]:
    yield (
        "Whether what was foretold of each group came true. A group of which more was foretold "
        "than happened is told higher chances than it should be."
    )
    yield _withheld(card)


def _calibrations(groups: Sequence[CalibrationFigures]) -> Table:
    return Table(
        "Chances and outcomes, with intervals of 95%",
        ("Group", "People", "Foretold", "Happened", "Slope", "Intercept"),
        [
            (
                f"{one.attribute}: {one.group}",
                f"about {one.people}",
                f"{one.foretold or 0:.1%}",
                _share(one.observed),
                _plain(one.slope),
                _plain(one.intercept),
            )
            if one.told
            else (f"{one.attribute}: {one.group}", "too few to tell", "", "", "", "")
            for one in groups
        ],
    )


def _groups_drawing(made: Evaluation) -> Markup | None:
    """Return what happened in each group beside what was foretold of it."""
    rows = [
        Row(
            f"{one.attribute}: {one.group}, foretold {percent(one.foretold or 0.0)}",
            _measured(one.observed),
        )
        for one in made.calibration_by_group
        if one.told and one.observed is not None
    ]
    if not rows:
        return None
    title = "What happened in each group, with intervals of 95%"
    return drawn("plot", drawing=interval_plot(title, rows), key="calibration-groups-figure")


def _curve(made: Evaluation) -> Table:
    return Table(
        "The plot's numbers",
        ("Foretold", "Happened", "Interval", "People"),
        [
            (
                f"{one.foretold:.1%}",
                f"{one.observed.value or 0:.1%}",
                f"{one.observed.low or 0:.1%} to {one.observed.high or 0:.1%}",
                f"{one.rows:,}",
            )
            for one in made.curve
        ],
    )


def _gates(card: Card) -> Table:
    return Table(
        "What the gates of configs/panel.yaml say of it",
        ("Gate", "Result", "What was found"),
        [(one.gate.replace("_", " "), one.result, one.told) for one in card.verdicts],
    )


def _alarms(made: Evaluation) -> Iterator[str]:
    if not made.alarms:
        yield "None went off."
    for one in made.alarms:
        yield (
            f"{one.name}, {one.subject}: {one.told}. Acknowledged by {one.by} on "
            f"{date_words(one.on)}: {one.reason}"
        )


def _data(made: Evaluation) -> Iterator[str]:
    data = made.data
    yield (
        f"{data.learned:,} referrals of {data.people:,} people with a known outcome, "
        f"{data.positives:,} with it, as of {date_words(data.first)} to {date_words(data.last)}; "
        f"{data.referrals - data.learned:,} more whose outcome is not known were not used."
    )
    yield f"Outcomes are on record where they had settled before {date_words(data.observed_until)}."
    yield f"Fingerprint of the examples: {data.fingerprint}"
    yield f"Code: {made.code_version}"


def _inputs(made: Evaluation) -> Table:
    return Table(
        "Extracts, and the SHA-256 of each",
        ("Extract", "SHA-256"),
        [(name, digest) for name, digest in sorted(made.data.inputs.items())],
    )


def _about_features(made: Evaluation) -> Iterator[str]:
    bound = "bind" if made.model.monotonic else "do NOT bind"
    yield (
        f"{number_of(len(made.features), 'feature')}. Directions {bound} the model: where it says "
        "so, more of it can only raise, or only lower, the score. Values in the words are made up."
    )


def _features(made: Evaluation) -> Table:
    return Table(
        "In the order of the model",
        ("Feature", "In words", "Theme", "Direction"),
        [(one.name, one.words, one.theme, DIRECTIONS[one.direction]) for one in made.features],
    )


def _drawn_shapes(made: Evaluation) -> Markup:
    drawing = shapes_plot("What each feature's values make of the odds", made.shapes)
    return drawn("plot", drawing=drawing, key="shapes-figure")


def _shapes(made: Evaluation) -> Table:
    return Table(
        "The plots' numbers: values, and what they make of the odds",
        ("Feature", "Not known", "Its values"),
        [
            (
                one.feature,
                "" if one.unknown is None else times_the_odds(one.unknown),
                "; ".join(_runs(one)),
            )
            for one in made.shapes
        ],
        layout="named",
    )


def _runs(shape: FeatureShape) -> Iterator[str]:
    """Yield what values make of the odds, those told together that make the same of them."""
    for odds, among in groupby(shape.points, key=lambda at: times_the_odds(at.adds)):
        first, *rest = [plain_number(at.value) for at in among]
        yield f"{first} to {rest[-1]}: {odds}" if rest else f"{first}: {odds}"


def _approval(card: Card) -> Iterator[str]:
    yield _standing(card)
    approval = card.approval
    if approval is not None and approval.overridden:
        yield f"OVERRIDDEN, because: {approval.because}"
        for one in approval.overridden:
            yield f"Gate not passed: {one}"
    yield f"SHA-256 of the model's file: {card.sha256}"


def _value(figure: Figure) -> str:
    return "" if figure.value is None else f"{figure.value:.3f}"


def value_words(figure: Figure) -> str:
    """Return a measure with its interval of 95%, where it has one."""
    interval = _interval(figure)
    return f"{_value(figure)} ({interval})" if interval else _value(figure)


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:.3f} to {figure.high:.3f}"


def _performance(made: Evaluation) -> str:
    told = [
        f"{one.name.replace('_', ' ')} {_value(one.figure)}"
        + (f" ({_interval(one.figure)})" if one.figure.low is not None else "")
        for one in made.measures
        if one.figure.value is not None
    ]
    return f"{'; '.join(told)}. Intervals of 95%, people drawn again. See the card."


def _measured(figure: Figure) -> Measured:
    from triage.learning import Measured

    ends = (figure.value, figure.low, figure.high)
    return Measured(*(math.nan if end is None else end for end in ends))


def _plain(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f}"
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f})"


def _share(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:.0%}"
    return f"{figure.value:.0%} ({figure.low:.0%} to {figure.high:.0%})"


def _points(figure: Figure | None) -> str:
    if figure is None:
        return ""
    from triage.learning import points

    return points(figure)


def atrs_markdown(card: Card) -> str:
    """Return the fields of the Algorithmic Transparency Recording Standard, version 3.

    What the engine cannot know is marked for the panel to fill in.
    """
    lines = [f"# ATRS record: {card.evaluation.model.title}, version {card.version}", ""]
    if card.evaluation.synthetic:
        lines += ["**SYNTHETIC DATA.** Every person and figure is invented.", ""]
    part = ""
    for where, name, text in _atrs(card):
        if where != part:
            lines += [f"## {where}", ""]
            part = where
        lines += [f"**{name}**: {text}", ""]
    return "\n".join(lines)


def atrs_page(card: Card) -> bytes:
    """Return the same as an HTML page."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for where, name, text in _atrs(card):
        parts.setdefault(where, []).append((name, text))
    return told_page(
        ToldPage(
            kind="ATRS record",
            title=f"ATRS record: {card.evaluation.model.title}, version {card.version}",
            panel=card.panel,
            synthetic=card.evaluation.synthetic,
            standing=_standing(card),
            sections=[
                Section(
                    f"part-{number}",
                    part,
                    (),
                    Table("", ("Field", "What is recorded"), rows, layout="named"),
                )
                for number, (part, rows) in enumerate(parts.items(), start=1)
            ],
        )
    )


def _atrs(card: Card) -> Iterator[tuple[str, str, str]]:
    made, panel = card.evaluation, card.panel
    audited = dict.fromkeys(one.attribute for one in made.groups)
    captured = made.figure("harm_captured")
    summary = "Tier 1: summary"
    yield summary, "Name", f"referral-triage, {made.model.title}"
    yield summary, "Description", next(iter(_purpose(card)))
    yield summary, "Website", TO_FILL
    yield summary, "Contact email", TO_FILL
    owner = "Tier 2: owner and responsibility"
    yield owner, "Organisation", panel.name
    yield owner, "Senior responsible owner", (card.approval and card.approval.by) or TO_FILL
    yield owner, "External supplier involvement", TO_FILL
    why = "Tier 2: description and rationale"
    yield why, "Scope", " ".join(NOT_FOR)
    yield why, "Benefit", f"Harm captured at capacity: {_value(captured)} ({_interval(captured)})."
    yield why, "Previous process", " ".join(_against(made))
    others = "; ".join(f"{one.title} ({_value(one.harm_captured)})" for one in made.others)
    yield why, "Alternatives considered", f"By harm captured: {others}." if others else TO_FILL
    deciding = "Tier 2: decision-making process"
    yield deciding, "Process integration", "The list orders a panel's discussion."
    yield deciding, "Provided information", "A rank, its reasons and the records behind each."
    yield deciding, "Frequency and scale of usage", f"{made.capacity} cases at a meeting."
    yield deciding, "Human decisions and review", "The panel decides on every case."
    yield deciding, "Required training", TO_FILL
    yield deciding, "Appeals and review", TO_FILL
    tool = "Tier 2: technical specification"
    yield tool, "System architecture", "Rules, then a model's score within each tier."
    yield tool, "Phase", "In use" if card.approval else "Not approved"
    yield (
        tool,
        "Maintenance",
        f"To be tested again by {date_words(card.approval.retest_on)}."
        if card.approval and card.approval.retest_on
        else TO_FILL,
    )
    model = "Tier 2: model"
    yield model, "Model name and version", f"{made.model.name}, version {card.version}"
    yield model, "Model task", made.outcome.meaning
    yield model, "Model input", f"{len(made.features)} features of the case history"
    yield model, "Model output", "A score, and where it learned a probability"
    yield model, "Model architecture", made.model.estimator
    yield model, "Model performance", _performance(made)
    data = "Tier 2: data"
    yield data, "Source data name", ", ".join(sorted(made.data.inputs)) or TO_FILL
    yield data, "Data quantities", next(_data(made))
    yield (
        data,
        "Sensitive attributes",
        f"For audit only, never features: {', '.join(audited) or 'none'}.",
    )
    yield data, "Data completeness and representativeness", LIMITS[0]
    yield data, "Data sharing agreements", TO_FILL
    yield data, "Data access and storage", TO_FILL
    risks = "Tier 2: risks, mitigations and impact assessments"
    yield risks, "Impact assessments", TO_FILL
    yield risks, "Risks and mitigations", " ".join(LIMITS)
