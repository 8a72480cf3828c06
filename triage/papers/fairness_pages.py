"""The page about groups at the cut: for whoever has to answer for the list."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.conditions import date_words
from triage.papers.fairness import FairnessReport
from triage.papers.html_pages import drawn
from triage.papers.plots import Course, Row, course_plot, narrow_interval_plot
from triage.papers.told import Section, Table, ToldPage, told_page
from triage.papers.wording import number_of

if TYPE_CHECKING:  # learning takes seconds to import
    from triage.fairness import Compared, Finding, Supposed
    from triage.learning import Figure, Measured

__all__ = ["fairness_page", "outside_words"]

FEW = "few"
MEAN = "mean"
NONE = "–"
MOST_CROSSED = 15
MOST_THEMES = 15
MOST_CURVES = 3
NAMES = {
    "referrals": "Share of referrals",
    "list": "Share of list",
    "harm": "Share of harm",
    "list_less_harm": "List less harm",
    "recall": "Recall",
    "missed_harm": "Missed harm",
    "precision": "Precision",
    "false_positive": "False positives",
    "false_omission": "False omissions",
    "came_less_said": "Came less said",
    "place": "Place on the list",
    "mean_place": "Mean place",
    "reasons": "Reasons",
    "recorded": "Known incidents recorded by the agencies asked",
    "outcome_recorded": "Outcomes on their record",
    "proxy": "Told from the features (AUC)",
}
DIFFERENCES = ("list_less_harm", "came_less_said")
COUNTED = ("proxy",)
"""Measures that are no shares."""

HOW = (
    "A group is compared with everybody else. Recall: of those with the outcome, the share within "
    "capacity. Missed harm: of the harm that followed, the share that followed people below the "
    "line. Precision: of those within capacity, the share with the outcome. False positives: of "
    "those without the outcome, the share within capacity. False omissions: of those below the "
    "line, the share with the outcome. Came less said: the share with the outcome less the mean of "
    "what was said; above 0, chances are told too low.",
    "Intervals of 95% are made by drawing people again, each with all referrals. A measure lies "
    "outside a tolerance where the whole interval of its difference lies beyond it. With many "
    "groups and measures some lie far out by chance alone; the interval guards against most of "
    "that and not all.",
    "These measures cannot all be alike between groups that differ in how often harm follows, "
    "whatever the ranker. They find what has to be explained. Whether it can be justified is for "
    "whoever answers for the panel to say, and to write down.",
)


def fairness_page(report: FairnessReport) -> bytes:
    """Return what was measured of groups as an HTML page.

    Parameters
    ----------
    report : FairnessReport
    """
    what = f"the list {report.name}" if report.of_a_list else "its test periods"
    return told_page(
        ToldPage(
            kind="Groups at the cut",
            title=f"Groups at the cut: {report.title}, version {report.version}, on {what}",
            panel=report.panel,
            synthetic=report.panel.synthetic,
            standing=_standing(report),
            sections=tuple(_sections(report)),
            contents=True,
        )
    )


def _standing(report: FairnessReport) -> str:
    outside, within = report.count("outside"), report.count("within")
    if outside:
        its = dict.fromkeys(_who(one) for _, one in report.outside)
        named = ", ".join(list(its)[:4]) + (" and others" if len(its) > 4 else "")
        return (
            f"OUTSIDE TOLERANCE: {outside} of {outside + within} measures that could be judged "
            f"({named})."
        )
    if within:
        return f"Within tolerance: each of the {within} measures that could be judged."
    return "TOO FEW TO TELL: no measure could be judged."


def _who(finding: Finding) -> str:
    group = finding.compared.group
    return f"{group.attribute}: {group.value}"


def _sections(report: FairnessReport) -> Iterator[Section]:
    yield Section("outside", "What lies outside tolerance", _about(report), _outside(report))
    yield from _at_the_cut(report)
    yield from _on_the_list(report)
    yield from _of_the_records(report)
    if report.proxies:
        yield Section(
            "proxies",
            "What the features tell of each group",
            (PROXIES_TOLD,),
            _proxies(report),
            _proxies_drawing(report),
        )
    yield Section("how", "How to read this, and what is tolerated", HOW, _tolerances(report))


def _at_the_cut(report: FairnessReport) -> Iterator[Section]:
    for name in report.fairness.attributes:
        its = [one for one in _of_attribute(report, name) if _has_outcomes(report, one)]
        if its:
            yield Section(
                f"cut-{_key(name)}",
                f"At the cut, by {_words(name)}",
                _about_attribute(report, name),
                _cut_table(report, its),
                _cut_drawing(report, name, its),
            )
    if few := _by_themselves(report):
        yield Section("few", "Too few for outcomes, each by itself", (BY_THEMSELVES,), few)
    yield Section("crossed", "Two attributes at once", *_crossed(report))
    if report.parts.get("score"):
        yield Section("score", "The score alone", (SCORE,), _score(report))
    if report.calibrations:
        yield Section("calibration", "Did the chances come true?", (CHANCES,), _calibrated(report))


def _on_the_list(report: FairnessReport) -> Iterator[Section]:
    yield Section(
        "places", "Where on the list", (PLACES_TOLD,), _places(report), _places_drawing(report)
    )
    if report.parts.get("reasons"):
        yield Section("reasons", "What moves the scores", (REASONS_TOLD,), _reasons(report))


def _of_the_records(report: FairnessReport) -> Iterator[Section]:
    if report.fairness.recorded_by is not None:
        yield Section(
            "recorded",
            "Whose records make the outcome",
            _about_recorded(report),
            _recorded(report),
            _recorded_drawing(report),
        )
        if report.parts.get("otherwise"):
            yield Section(
                "otherwise",
                "The outcome by their records alone",
                _about_alone(report),
                _alone(report),
            )
    if report.supposed:
        yield from _unrecorded(report)


BY_THEMSELVES = (
    "These groups have too few people with the outcome, or without it, and are told together with "
    "others above. What needs no outcome can be told of each."
)
SCORE = (
    "The cut by the model's score alone, without the rules' floors and reserved places: what lies "
    "apart here is the model's own, and what lies apart only above is policy's. The gate of "
    "'triage promote' asks this one."
)
CHANCES = (
    "What was said of each group, and what came. A slope of 1 is right, below 1 chances are told "
    "too extreme; an intercept of 0 is right, below 0 chances are told too high."
)
PLACES_TOLD = (
    "Each list from 0% (first) to 100% (last): a group whose mean place is 40% stands higher than "
    "the list as a whole, and of one whose median is 40%, half stand within the first 40%. A "
    "quantile is told where enough people stand on either side of it. The plot: the mean places of "
    "the attributes that are judged."
)
REASONS_TOLD = (
    "All that moves the scores of a group, up or down, is 100%; this is each theme's part of it. "
    "Where it differs, the same place is told for other reasons. The furthest from everybody else "
    "stand first; the CSV has all."
)
PROXIES_TOLD = (
    "No feature may name these attributes. Here a model of its own tries to tell each group from "
    "everybody else by the features that this version looks at, on people whom it has not "
    "seen: 0.5 is a toss, 1 is certain. Another model might tell more. The features that carry it "
    "lose it where their values are dealt out by lot; the number is the AUC that is lost."
)


def _about(report: FairnessReport) -> Iterator[str]:
    lists = (
        f"the list of {date_words(report.last)}"
        if report.of_a_list
        else f"{number_of(report.lists, 'list')}, {date_words(report.first)} to "
        f"{date_words(report.last)}"
    )
    yield (
        f"Measured on {lists}: {number_of(report.referrals, 'referral')} of "
        f"{number_of(report.people, 'person', 'people')}, {report.places:,} places within capacity."
    )
    if report.settled:
        with_it = "too few to tell" if report.positives is None else f"about {report.positives:,}"
        yield (
            f"{report.known:,} referrals have a known outcome; {with_it} people had "
            f"{report.outcome_meaning}."
        )
    few = report.count("too few to tell")
    if few:
        yield f"{few} further measures should have been judged, and are of too few people to tell."
    yield from report.notes
    smallest = report.panel.smallest_group
    yield (
        f"Nothing is told of fewer than {smallest} people, nor what would let them be found by "
        f"subtraction: groups that are too small are told together with the next smallest. Counts "
        "are to the nearest 5, shares in whole hundredths."
    )


def _outside(report: FairnessReport) -> Table | None:
    if not report.outside:
        return None
    return Table(
        "Each with the whole interval of its difference from everybody else",
        ("Group", "Measure", "Is", "Less everybody else", "Tolerated"),
        [
            (
                _who(finding),
                _measure_words(report, finding.compared),
                _value(finding.compared),
                _less(finding.compared),
                _tolerated(finding),
            )
            for _, finding in report.outside
        ],
    )


def outside_words(report: FairnessReport, finding: Finding) -> str:
    """Return what lies outside a tolerance as a plain sentence."""
    one = finding.compared
    measure = _lower_first(_measure_words(report, one))
    return (
        f"{_who(finding)}: {measure} {_value(one)}, {_less(one)} against everybody else; "
        f"{_tolerated(finding)} is tolerated."
    )


def _tolerated(finding: Finding) -> str:
    tolerance = finding.tolerance
    if tolerance is None:
        return ""
    sides = {"below": "below", "above": "above", "either": "either way"}
    if finding.compared.measure in COUNTED:
        return f"{tolerance.at_most:g} {sides[tolerance.side]}"
    return f"{100 * tolerance.at_most:g} points {sides[tolerance.side]}"


def _of_attribute(report: FairnessReport, name: str) -> list[Finding]:
    return [one for one in report.parts["cut"] if one.compared.group.attributes == (name,)]


def _has_outcomes(report: FairnessReport, finding: Finding) -> bool:
    """Return whether there are enough people for outcomes, or no outcome is known at all."""
    return not report.settled or {"with", "without"} <= finding.compared.group.told


def _by_themselves(report: FairnessReport) -> Table | None:
    by_group: dict[str, dict[str, Finding]] = {}
    for name in report.fairness.attributes:
        for one in _of_attribute(report, name):
            if not _has_outcomes(report, one):
                by_group.setdefault(_who(one), {})[one.compared.measure] = one
    if not by_group:
        return None
    return Table(
        "With intervals of 95%; few: too few people to tell",
        ("Group", "People", NAMES["referrals"], NAMES["list"]),
        [
            (
                who,
                _size(report, found["referrals"]),
                *(_value(found[one].compared) for one in ("referrals", "list")),
            )
            for who, found in by_group.items()
        ],
    )


def _about_attribute(report: FairnessReport, name: str) -> Iterator[str]:
    one = report.fairness.attributes[name]
    yield f"{'Judged' if one.judged else 'Told, and not judged'}: {one.why}."
    if report.settled:
        yield "The plot: recall."


def _cut_table(report: FairnessReport, its: Sequence[Finding]) -> Table:
    measures = list(dict.fromkeys(one.compared.measure for one in its))
    shown = [one for one in measures if report.settled or one in ("referrals", "list")]
    by_group: dict[str, dict[str, Finding]] = {}
    for finding in its:
        by_group.setdefault(finding.compared.group.value, {})[finding.compared.measure] = finding
    return Table(
        "With intervals of 95%. *: outside tolerance; few: too few people to tell",
        ("Group", "People", *(NAMES[one] for one in shown)),
        [
            (
                value,
                _size(report, next(iter(found.values()))),
                *(_cell(found[one]) for one in shown),
            )
            for value, found in by_group.items()
        ],
    )


def _size(report: FairnessReport, finding: Finding) -> str:
    group = finding.compared.group
    size = report.sizes.get((group.attribute, group.value))
    return "" if size is None else f"{size:,}"


def _cell(finding: Finding) -> str:
    star = " *" if finding.standing == "outside" else ""
    return f"{_value(finding.compared)}{star}"


def _cut_drawing(report: FairnessReport, name: str, its: Sequence[Finding]) -> Markup | None:
    """Return the recall of each group, or the share of the list where no outcome is known."""
    measure = "recall" if report.settled else "list"
    rows = [
        Row(
            f"{one.compared.group.value}{' *' if one.standing == 'outside' else ''}",
            _measured(one.compared.own),
            one.standing == "outside",
        )
        for one in its
        if one.compared.measure == measure and one.compared.told
    ]
    if not rows:
        return None
    title = f"{NAMES[measure]} by {_words(name)}, with intervals of 95%"
    return drawn("plot", drawing=narrow_interval_plot(title, rows), key=f"cut-{_key(name)}-figure")


def _crossed(report: FairnessReport) -> tuple[tuple[str, ...], Table | None]:
    pairs = [one for one in report.parts["cut"] if len(one.compared.group.attributes) > 1]
    groups = {(one.compared.group.attribute, one.compared.group.value) for one in pairs}
    told = [
        one
        for one in pairs
        if one.compared.measure in CROSSED
        and (one.standing == "outside" or _surely_apart(one.compared) > 0)
    ]
    told.sort(key=lambda one: (one.standing != "outside", -_surely_apart(one.compared)))
    sentences = (
        f"{number_of(len(groups), 'intersection')} of two attributes with enough people. Here are "
        "those that lie furthest from everybody else, by the end of the interval that is nearer to "
        "no difference; the CSV has all.",
    )
    if not groups:
        return ("No intersection of two attributes has enough people.",), None
    if not told:
        return (
            f"{number_of(len(groups), 'intersection')} of two attributes with enough people. None "
            "lies apart from everybody else by more than chance; the CSV has all.",
        ), None
    return sentences, Table(
        "* lies outside tolerance",
        ("Group", "People", "Measure", "Is", "Less everybody else"),
        [
            (
                _who(one),
                _size(report, one),
                NAMES[one.compared.measure],
                _cell(one),
                _less(one.compared),
            )
            for one in told[:MOST_CROSSED]
        ],
    )


CROSSED = ("list_less_harm", "recall", "missed_harm", "false_positive", "false_omission")


def _surely_apart(one: Compared) -> float:
    less = one.less_others
    if less.low is None or less.high is None or less.low <= 0 <= less.high:
        return 0.0
    return min(abs(less.low), abs(less.high))


def _score(report: FairnessReport) -> Table:
    by_group: dict[tuple[str, str], dict[str, Finding]] = {}
    for finding in report.parts["score"]:
        group = finding.compared.group
        by_group.setdefault((group.attribute, group.value), {})[finding.compared.measure] = finding
    at_cut = {
        (one.compared.group.attribute, one.compared.group.value): one
        for one in report.parts["cut"]
        if one.compared.measure == "recall"
    }
    return Table(
        "By the score alone, with intervals of 95%",
        ("Group", "Share of list", "Recall", "False positives", "Recall at the cut that is used"),
        [
            (
                f"{attribute}: {value}",
                *(_value(found[one].compared) for one in ("list", "recall", "false_positive")),
                _value(at_cut[attribute, value].compared) if (attribute, value) in at_cut else NONE,
            )
            for (attribute, value), found in by_group.items()
        ],
    )


def _calibrated(report: FairnessReport) -> Table:
    return Table(
        "Chances and outcomes, with intervals of 95%",
        ("Group", "Said", "Came", "Slope", "Intercept"),
        [
            (
                f"{one.attribute}: {one.value}",
                f"{one.expected:.0%}" if one.observed is not None else FEW,
                "" if one.observed is None else _interval(one.observed, share=True),
                "" if one.found is None else _interval(one.found.slope, share=False),
                "" if one.found is None else _interval(one.found.intercept, share=False),
            )
            for one in report.calibrations
        ],
    )


def _places(report: FairnessReport) -> Table:
    by_group: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.parts["places"]:
        group = finding.compared.group
        by_group.setdefault((group.attribute, group.value), []).append(finding)
    shares = list(dict.fromkeys(one.compared.subject for one in report.parts["places"]))
    return Table(
        "The mean and quantiles of the place, with intervals of 95%",
        ("Group", *(_quantile_words(one) for one in shares), "Mean less everybody else"),
        [
            (
                f"{attribute}: {value}",
                *(_cell(one) for one in found),
                next(_less(one.compared) for one in found if one.compared.subject == MEAN),
            )
            for (attribute, value), found in by_group.items()
            if any(one.compared.told for one in found)
        ],
    )


def _quantile_words(share: str) -> str:
    if share == MEAN:
        return "Mean"
    return "Median" if share == "0.5" else f"{float(share):.0%} of them by"


def _is_drawn(report: FairnessReport, finding: Finding) -> bool:
    """Return whether a plot of many groups shows it: those that are judged, to be short enough."""
    attributes = finding.compared.group.attributes
    judged = all(report.fairness.attributes[name].judged for name in attributes)
    return judged and finding.compared.told


def _places_drawing(report: FairnessReport) -> Markup | None:
    rows = [
        Row(_who(one), _measured(one.compared.own), one.standing == "outside")
        for one in report.parts["places"]
        if one.compared.subject == MEAN and _is_drawn(report, one)
    ]
    if not rows:
        return None
    title = "Mean place by group, as a share of the list, with intervals of 95%"
    return drawn("plot", drawing=narrow_interval_plot(title, rows), key="places-figure")


def _reasons(report: FairnessReport) -> Table:
    found = [one for one in report.parts["reasons"] if one.compared.told]
    found.sort(
        key=lambda one: (
            one.standing != "outside",
            -_surely_apart(one.compared),
            -abs(one.compared.less_others.value or 0.0),
        )
    )
    return Table(
        "* lies outside tolerance",
        ("Group", "Theme", "Part of what moves its scores", "Less everybody else"),
        [
            (_who(one), one.compared.subject, _cell(one), _less(one.compared))
            for one in found[:MOST_THEMES]
        ],
    )


def _about_recorded(report: FairnessReport) -> Iterator[str]:
    assert report.fairness.recorded_by is not None  # noqa: S101 - asked by the caller
    who = report.fairness.recorded_by.meaning
    yield (
        f"Of all incidents on record of the people referred until {date_words(report.last)}, known "
        f"to any agency by then, the share that {who} recorded. Other agencies are the "
        f"yardstick: where {who} record more of the same, whatever counts their records counts "
        "that group's more fully, as feature and as outcome, and no measure against that outcome "
        "shows it."
    )


def _recorded(report: FairnessReport) -> Table:
    return Table(
        "With intervals of 95%; * lies outside tolerance",
        ("Group", "Share on their record", "Less everybody else"),
        [(_who(one), _cell(one), _less(one.compared)) for one in report.parts.get("recorded", ())],
    )


def _recorded_drawing(report: FairnessReport) -> Markup | None:
    rows = [
        Row(
            f"{_who(one)}{' *' if one.standing == 'outside' else ''}",
            _measured(one.compared.own),
            one.standing == "outside",
        )
        for one in report.parts.get("recorded", ())
        if _is_drawn(report, one)
    ]
    if not rows:
        return None
    title = "Share of known incidents on their record, with intervals of 95%"
    return drawn("plot", drawing=narrow_interval_plot(title, rows), key="recorded-figure")


def _about_alone(report: FairnessReport) -> Iterator[str]:
    assert report.fairness.recorded_by is not None  # noqa: S101 - asked by the caller
    who = report.fairness.recorded_by.meaning
    yield (
        f"The same cut, with the outcome counted from what {who} recorded and from nothing else, "
        "beside the outcome as any agency recorded it. Groups are larger here where too few had "
        "the outcome by those records."
    )


def _alone(report: FairnessReport) -> Table:
    by_group: dict[tuple[str, str], dict[tuple[str, str], Finding]] = {}
    for finding in report.parts["otherwise"]:
        one = finding.compared
        key = (one.group.attribute, one.group.value)
        by_group.setdefault(key, {})[one.measure, one.subject] = finding
    columns = (
        ("outcome_recorded", ""),
        ("recall", "any agency"),
        ("recall", ""),
        ("recall", "change"),
        ("false_positive", "any agency"),
        ("false_positive", ""),
        ("false_positive", "change"),
    )
    return Table(
        "With intervals of 95%",
        (
            "Group",
            "Outcomes on their record",
            "Recall, any agency",
            "Recall, theirs alone",
            "Recall changes by",
            "False positives, any agency",
            "False positives, theirs alone",
            "False positives change by",
        ),
        [
            (f"{attribute}: {value}", *(_value(found[one].compared) for one in columns))
            for (attribute, value), found in by_group.items()
        ],
    )


def _unrecorded(report: FairnessReport) -> Iterator[Section]:
    by_attribute: dict[str, dict[str, list[Supposed]]] = {}
    for one in report.supposed:
        by_attribute.setdefault(one.group.attribute, {}).setdefault(one.group.value, []).append(one)
    for number, (attribute, groups) in enumerate(by_attribute.items()):
        yield Section(
            f"unrecorded-{_key(attribute)}",
            f"If some harm is on no record, by {_words(attribute)}",
            UNRECORDED if number == 0 else (),
            _unrecorded_table(report, attribute, groups),
            _unrecorded_drawing(attribute, groups),
        )


UNRECORDED = (
    "Suppose that so much of one group's harm is on no record, and everybody else's is as "
    "recorded. Here it is spread evenly over the people of the group without a recorded outcome. "
    "If none of it were of people within capacity, recall would be the first number in brackets; "
    "if it were of those of whom the model said most, the second.",
    "The last column says how much would have to be on no record for the group's recall to lie "
    "outside its tolerance: the smaller, the more hangs on the records being whole.",
)


def _unrecorded_table(
    report: FairnessReport, attribute: str, groups: dict[str, list[Supposed]]
) -> Table:
    shares = report.fairness.unrecorded
    shown = [shares[0], shares[len(shares) // 2], shares[-1]]
    return Table(
        "Recall, and missed harm at the most, if so much is on no record",
        (
            "Group",
            *(f"Recall, {share:.0%} on no record" for share in shown),
            f"Missed harm, {shown[-1]:.0%} on no record",
            "Outside tolerance from",
        ),
        [
            (
                value,
                *(_supposed(one) for one in its if one.share in shown),
                _figure(its[-1].missed_harm),
                _turning(report, attribute, value),
            )
            for value, its in groups.items()
        ],
    )


def _supposed(one: Supposed) -> str:
    if one.recall.value is None:
        return NONE
    ends = [end for end in (one.recall_at_least, one.recall_at_most) if end is not None]
    beside = f" ({' to '.join(f'{end:.0%}' for end in ends)})" if one.share else ""
    return f"{one.recall.value:.0%}{beside}"


def _turning(report: FairnessReport, attribute: str, value: str) -> str:
    share = report.turning.get((attribute, value))
    if share is None:
        return "none up to 90%"
    return "as recorded" if share == 0 else f"{share:.0%}"


def _unrecorded_drawing(attribute: str, groups: dict[str, list[Supposed]]) -> Markup | None:
    """Return the recall of the groups that it takes least to bring out of tolerance."""
    steepest = sorted(groups, key=lambda value: groups[value][-1].recall.value or 0.0)
    courses = [
        Course(value, tuple(_measured(one.recall) for one in groups[value]))
        for value in steepest[:MOST_CURVES]
    ]
    shares = [f"{one.share:.0%}" for one in next(iter(groups.values()))]
    title = f"Recall by {_words(attribute)}, by the share of the group's harm that is on no record"
    drawing = course_plot(title, shares, courses, narrow=True)
    return drawn("plot", drawing=drawing, key=f"unrecorded-{_key(attribute)}-figure")


def _proxies(report: FairnessReport) -> Table:
    return Table(
        "With intervals of 95%; * lies outside tolerance",
        ("Group", "AUC", "Features that carry it"),
        [
            (
                _who(finding),
                _cell(finding),
                "; ".join(
                    f"{one.name} {one.lost:.2f}" for one in proxy.carriers if one.lost >= LEAST
                )
                or ("" if finding.compared.told else NONE),
            )
            for finding, proxy in report.proxies
        ],
    )


LEAST = 0.005
"""An AUC that is lost is told from here on."""


def _proxies_drawing(report: FairnessReport) -> Markup | None:
    rows = [
        Row(_who(one), _measured(one.compared.own), one.standing == "outside")
        for one, _ in report.proxies
        if _is_drawn(report, one)
    ]
    if not rows:
        return None
    title = (
        "How well each group can be told from the features (50% is a toss), with intervals of 95%"
    )
    return drawn("plot", drawing=narrow_interval_plot(title, rows), key="proxies-figure")


def _tolerances(report: FairnessReport) -> Table:
    return Table(
        "Tolerances of configs/fairness.yaml",
        ("Measure", "At most", "Why", "Source", "Since"),
        [
            (
                NAMES[name],
                f"{one.at_most:g} {one.side}",
                one.reason,
                one.source,
                date_words(one.on),
            )
            for name, one in report.fairness.tolerances.items()
        ],
    )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _measure_words(report: FairnessReport, one: Compared) -> str:
    words = NAMES[one.measure]
    if one.measure == "recorded" and report.fairness.recorded_by is not None:
        return f"Known incidents recorded by {report.fairness.recorded_by.meaning}"
    if one.measure == "place":
        return "Mean place"
    return f"{words}: {one.subject}" if one.subject else words


def _value(one: Compared) -> str:
    if not one.told:
        return FEW
    if one.measure in COUNTED:
        return _interval(_measured(one.own), share=False)
    is_difference = one.measure in DIFFERENCES or one.subject == "change"
    return _points(one.own) if is_difference else _figure(one.own)


def _less(one: Compared) -> str:
    if not one.told:
        return FEW
    if one.measure in COUNTED:
        return _interval(_measured(one.less_others), share=False, signed=True)
    return _points(one.less_others)


def _figure(figure: Figure) -> str:
    return _interval(_measured(figure), share=True)


def _points(figure: Figure) -> str:
    if figure.value is None:
        return NONE
    value, low, high = (
        None if end is None else _signed(round(100 * end))
        for end in (figure.value, figure.low, figure.high)
    )
    return f"{value} points" if low is None or high is None else f"{value} points ({low} to {high})"


def _signed(points: int) -> str:
    return f"{points:+d}" if points else "0"


def _interval(found: Measured, *, share: bool, signed: bool = False) -> str:
    if math.isnan(found.value):
        return NONE
    form = ("{:+.0%}" if signed else "{:.0%}") if share else ("{:+.2f}" if signed else "{:.2f}")
    if math.isnan(found.low):
        return form.format(found.value)
    return f"{form.format(found.value)} ({form.format(found.low)} to {form.format(found.high)})"


def _measured(figure: Figure) -> Measured:
    from triage.learning import Measured

    ends = (figure.value, figure.low, figure.high)
    return Measured(*(math.nan if end is None else end for end in ends))


def _words(attribute: str) -> str:
    return attribute.replace("_", " ")


def _key(attribute: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in attribute)
