"""What every field of a list's JSON and every column of its CSV means: said here and nowhere else.

The JSON Schema and the guide to the columns are made from it (:mod:`triage.papers.schemas`), and
the CSV takes its columns from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from triage.lists import CHOICES

__all__ = ["COLUMNS", "LIST", "TOLD", "Field", "Kind"]

Kind = Literal[
    "text", "word", "date", "yes_no", "whole", "place", "number", "chance", "sha256", "object"
]
Shape = Literal["one", "many", "rows", "by_name", "lists_by_name"]


@dataclass(frozen=True)
class Field:
    """A field of the JSON, a column of the CSV, or both.

    Parameters
    ----------
    name : str
    kind : Kind
        What one value of it is.
    meaning : str
        A sentence, without its stop.
    unit : str
        What a number counts.
    empty : str
        When there is no value; empty where there always is one. In JSON a text is then ``""`` and
        anything else null; of a list, it says so of its items.
    values : tuple of str
        The words that it may be, where it is a word.
    shape : {"one", "many", "rows", "by_name", "lists_by_name"}
        One value, a list of them, a list of such lists, or an object of values or of lists by name.
    of : tuple of Field
        What an object holds, in order.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    empty: str = ""
    values: tuple[str, ...] = ()
    shape: Shape = "one"
    of: tuple[Field, ...] = ()


def _text(name: str, meaning: str, empty: str = "") -> Field:
    return Field(name, "text", meaning, empty=empty)


def _texts(name: str, meaning: str) -> Field:
    return Field(name, "text", meaning, shape="many")


def _word(name: str, meaning: str, *values: str, empty: str = "") -> Field:
    return Field(name, "word", meaning, empty=empty, values=values)


def _date(name: str, meaning: str, empty: str = "") -> Field:
    return Field(name, "date", meaning, empty=empty)


def _yes_no(name: str, meaning: str) -> Field:
    return Field(name, "yes_no", meaning)


def _count(name: str, meaning: str, unit: str) -> Field:
    return Field(name, "whole", meaning, unit)


def _place(name: str, meaning: str, empty: str = "") -> Field:
    return Field(name, "place", meaning, "place, from 1", empty)


def _number(name: str, meaning: str, unit: str, empty: str = "") -> Field:
    return Field(name, "number", meaning, unit, empty)


def _chance(name: str, meaning: str, empty: str = "") -> Field:
    return Field(name, "chance", meaning, "share, from 0 to 1", empty)


def _hash(name: str, meaning: str) -> Field:
    return Field(name, "sha256", meaning)


def _hashes(name: str, meaning: str) -> Field:
    return Field(name, "sha256", meaning, shape="by_name")


def _object(name: str, meaning: str, *of: Field, empty: str = "") -> Field:
    return Field(name, "object", meaning, empty=empty, of=of)


def _objects(name: str, meaning: str, *of: Field) -> Field:
    return Field(name, "object", meaning, shape="many", of=of)


SCORE_UNIT = "log-odds, or points where people set them"
UNRANKED = "the referral is not ranked"
FEW_MODELS = "there are no trial models; every row but those of ranked referrals"

# What stands both in the JSON and in the CSV.
RANK = _place("rank", "Place on the list")
TOLD_AS = _count(
    "told_as", "In which order the list tells it: linked referrals follow one another", "from 1"
)
BAND = _text("place", "Place as the list tells it: 5, or 4–7 where several cannot be told apart")
REFERRAL_ID = _text("referral_id", "The referral's id, as its source names it")
PERSON_ID = _text("person_id", "The person's id, as their source names it")
MADE_ON = _date("made_on", "When the referral was made")
AGENCY = _text("agency", "Who made the referral")
ROUTE = _text("route", "By which way it came, as its source says", "referrals have no route")
TIER_NAME = _text("tier_name", "The tier to which the rules raised it, in words")
PROBABILITY = _chance(
    "probability",
    "How likely the outcome is within the horizon",
    "the score is one of points",
)
SCORE = _number("score", "What orders referrals within a tier; higher is earlier", SCORE_UNIT)
SCORE_LOW = _number(
    "score_low", "Lower end of the score over trial models", SCORE_UNIT, "none were taught"
)
SCORE_HIGH = replace(SCORE_LOW, name="score_high", meaning="Upper end of the score over them")
WITHIN = _chance("chance_within_capacity", "Share of the trial lists on which it is above the line")
BEST = _place("best_rank", "Above which place no answer to what is not known could bring it")
WORST = _place("worst_rank", "Below which place no such answer could bring it")
RESERVED = _yes_no("reserved", "Whether it is above the line only on a place that is kept")
DEPENDS = _yes_no(
    "depends_on_scale", "Whether another scale of harm puts it on the other side of the line"
)
RANK_THEN = _place("rank_then", "Place on the list that this one is compared with")
AS_OF = _date(
    "as_of", "The as-of date: nothing that happened or became known on it or later counts"
)
LIST_ID = _text("list_id", "The list's name: its as-of date and eight digits of its digest")
SYNTHETIC = _yes_no("synthetic", "Whether every person and record is invented")
HORIZON = _count("horizon_days", "How far ahead the outcome looks", "days")
BASE_RATE = _chance("base_rate", "Share of all past referrals that had the outcome")


def _column(field: Field, empty: str = UNRANKED, **changes: str) -> Field:
    """Return a field as a column, with when its cell is empty."""
    return replace(field, empty=empty, **changes)  # type: ignore[arg-type]


NOT_FULL = "every row but those of ranked referrals"

COLUMNS: tuple[Field, ...] = (
    _text(
        "standing",
        "Where the row stands: discuss (within capacity), near_miss, below; ineligible, on_hold, "
        "set_aside (not ranked); “joined to” and a referral (a further referral of that person, "
        "within its place); gone (ranked on the list before, and not on this one)",
    ),
    _column(RANK, f"{UNRANKED}, or is gone"),
    _column(BAND, NOT_FULL),
    REFERRAL_ID,
    PERSON_ID,
    _column(MADE_ON, "the referral is gone, or its day could not be read"),
    _column(AGENCY, "the referral is gone"),
    _column(ROUTE, "referrals have no route, or the referral is not ranked"),
    _column(TIER_NAME, f"{UNRANKED}, or is gone", name="tier"),
    _text(
        "reason_1",
        "The first of what raises concern, all rules as one; of one that is not ranked, why not",
        "nothing on record raises it, or it is gone",
    ),
    _text("reason_2", "The next reason", "there is none"),
    _text("reason_3", "The next reason", "there is none"),
    _column(
        _count("not_known", "How many facts that move its score are not known", "facts"), NOT_FULL
    ),
    _column(
        _yes_no(
            "provisional",
            "Whether answers could well change its tier, band or side of the line",
        ),
        NOT_FULL,
    ),
    _column(BEST, NOT_FULL),
    _column(WORST, NOT_FULL),
    _text("ask_whom", "Who may know the answer to the question to ask first", "no answer matters"),
    _text("ask_first", "The one question to ask first, and what would follow", "no answer matters"),
    _column(RESERVED, NOT_FULL),
    _text("how_likely", "How likely the outcome is, in few words, or its points", NOT_FULL),
    _column(SCORE, NOT_FULL),
    _column(PROBABILITY, f"the score is one of points; {NOT_FULL}"),
    _column(SCORE_LOW, FEW_MODELS),
    _column(SCORE_HIGH, FEW_MODELS),
    _column(WITHIN, FEW_MODELS),
    _text(
        "also_referred_as",
        "Further referrals of this person, with spaces between",
        "there are none",
    ),
    _text(
        "linked_to", "Referrals whose people share something, with spaces between", "there are none"
    ),
    _column(TOLD_AS, NOT_FULL),
    _text(
        "stands_beside",
        "The linked referral after which the list tells it, on the same side of the line",
        "it stands at its own place",
    ),
    _text(
        "places_on_other_scales",
        "Place by each other scale of harm, as “ons 4; coercion 2”",
        "only one scale of harm is set up, or the referral is not ranked",
    ),
    _column(DEPENDS, NOT_FULL),
    _date(
        "last_to_be_discussed",
        "As-of date of the last list on which the person was within capacity or decided on",
        "there was none",
    ),
    _word(
        "moved",
        "How its place moved since the list before",
        "new",
        "up",
        "down",
        "same",
        "gone",
        empty="there is no list before, or the referral is not ranked",
    ),
    _column(RANK_THEN, "it is new or not ranked, or there is no list before"),
    _text("why_moved", "Why it moved, in words", "there is no list before, or it is not ranked"),
    HORIZON,
    BASE_RATE,
    LIST_ID,
    AS_OF,
    SYNTHETIC,
)
"""The columns of ``list.csv``, in order."""

RECORD = (
    _text("event_id", "The record's id, as its source names it"),
    _text("source", "The source's name"),
    _text("agency_name", "Whose record it is"),
    _text("meaning", "What was recorded, in words"),
    _date("happened_on", "When it happened"),
    _date("known_on", "When it reached the record"),
)
EFFECT = _text("effect", "That in plain words")
REASON = (
    _count("number", "By which the case's records call it", "from 1"),
    _word(
        "origin", "Where it comes from; rest is all other facts together", "rule", "model", "rest"
    ),
    _word("direction", "Whether it raises concern", "raises", "lowers", "none"),
    _yes_no("known", "Whether the fact is known"),
    _text("name", "Of the rule, or of the feature"),
    _text("title", "The rule's title", "it is no rule"),
    _text("theme", "The theme of the feature", "it is of none"),
    _text("text", "It in words"),
    _number("contribution", "What it adds to the score; 0 for a rule", SCORE_UNIT),
    EFFECT,
    _objects("records", "The records behind it, the latest first", *RECORD),
)
RULE = (
    _text("rule_id", "The rule's name"),
    _text("title", "Its title"),
    _text("effect", "What it does: floor: urgent, floor: must_discuss, flag, reserve, route: …"),
    _text("effect_words", "That in words"),
    _word("truth", "Whether it applies, or may", "yes", "unknown"),
    _text("text", "Why it applies, in words"),
    _text("source", "Where the policy comes from", "it names none"),
    _texts("wanting", "The tests whose answer is not known and decides"),
    _objects(
        "leaves",
        "Every test of its condition",
        _text("test", "The test"),
        _word("truth", "Whether it holds", "yes", "no", "unknown"),
        _yes_no("decides", "Whether the rule's answer rests on it"),
        _texts("records", "The ids of the records behind what it looks at"),
    ),
    _objects(
        "records",
        "The records behind the tests that decide it, the latest first",
        _text("record_id", "The id of an event, of the referral itself, or of the person"),
        _text("source", "The source's name; referrals or people where it is no event"),
        _text("agency_name", "Whose record it is", "it is the person's own entry"),
        _text("meaning", "What it is, in words"),
        _date("happened_on", "When it happened", "it is no event"),
        _date("known_on", "When it reached the record", "it is no event"),
    ),
)
ASK = (
    _count("place", "In which order to ask", "from 1"),
    _text("key", "The question's name"),
    _text("text", "What to ask"),
    _texts("held_by", "Who may know"),
    _count("records", "How many records leave it open", "records"),
    _date("last_on", "When the last of them happened", "it is the referral's own"),
    _texts("answers", "The answers that were supposed"),
    Field(
        "ranks",
        "place",
        "Place after each of the answers",
        "place, from 1",
        "it would no longer be for this panel",
        shape="many",
    ),
    Field(
        "tiers",
        "whole",
        "Tier after each of them",
        "1 urgent, 2 must discuss, 3 by score",
        shape="many",
    ),
    _count("moves", "How far it would move at most", "places"),
    Field(
        "changes",
        "word",
        "What an answer could change",
        values=("list", "tier", "line", "band"),
        shape="many",
    ),
    _chance("chance", "How likely such an answer is, if they come as where they are known"),
)
HOW_SURE = (
    _place("band_first", "First of the places that cannot be told apart from its own"),
    _place("band_last", "Last of them"),
    _count(
        "members",
        "How many trial models that is told from; with 0 only equal scores share",
        "models",
    ),
    SCORE_LOW,
    SCORE_HIGH,
    replace(WITHIN, empty="no trial models were taught"),
    RESERVED,
    BEST,
    WORST,
    Field(
        "changes",
        "word",
        "What answers could change",
        values=("list", "tier", "line", "band"),
        shape="many",
    ),
    _chance("chance_of_change", "How likely that is, if answers come as where they are known"),
    _yes_no("provisional", "Whether that is likely enough to be marked"),
    _objects("asks", "Questions of which an answer would move it, the most first", *ASK),
    _text("told", "How sure its place is, in sentences"),
    _text("outlook", "How far what is not known could move it, in a sentence"),
)
STANDINGS = ("discuss", "near_miss", "below")
MOVE = (
    _word("status", "How it moved", "new", "up", "down", "same"),
    replace(RANK_THEN, empty="it is new"),
    _place("rank_now", "Its place now"),
    Field(
        "causes",
        "whole",
        "How far each cause raised it (model, policy, clock, answers, facts, others); they sum to "
        "rank_then less rank_now, and there are none where it is new",
        "places; below 0 it fell",
        shape="by_name",
    ),
    _text("text", "Why, in words"),
)
EARLIER = (
    LIST_ID,
    AS_OF,
    RANK,
    _word("standing", "Where it stood there", *STANDINGS),
    _text("then_id", "The referral under which it stood there"),
    _count("lists", "How many earlier lists the person was on", "lists"),
    _count("records", "How many records became known since", "records"),
    _texts("changes", "What changed since, in sentences"),
    _word("decision", "What the panel decided then", *CHOICES, empty="no decision is on record"),
    _date("met_on", "When the panel met that decided it", "no decision is on record"),
    _yes_no("heard", "Whether it was within capacity there, or decided on all the same"),
)
BESIDE = (
    RANK,
    _word("standing", "Where it stands", *STANDINGS),
    _objects(
        "joined",
        "Further referrals of this person, within its place",
        REFERRAL_ID,
        MADE_ON,
        replace(AGENCY, name="agency_name"),
        ROUTE,
        TIER_NAME,
        _texts("reasons", "What it adds, in words"),
    ),
    _objects(
        "links",
        "Other referrals of this list whose people share something",
        REFERRAL_ID,
        _count("rank", "Its place; 0 where it has none", "place"),
        _text("by", "What they share, never who or which"),
    ),
    TOLD_AS,
    _object(
        "together",
        "The linked referral after which the list tells it",
        REFERRAL_ID,
        RANK,
        _text("by", "What they share, never who or which"),
        empty="it stands at its own place",
    ),
    _objects(
        "scales",
        "Its place if harm were counted on another scale",
        _text("scale", "The scale's name"),
        _text("title", "Its title"),
        RANK,
        _word("standing", "Where it would stand", *STANDINGS),
    ),
    _object(
        "earlier",
        "The last list on which the person was to be discussed, or else stood",
        *EARLIER,
        empty="the person was on none",
    ),
    _object(
        "move", "How its place moved since the list before", *MOVE, empty="there is no list before"
    ),
    _text("places_over_all_scales", "The places that all scales leave it, as 3–9 or 3"),
    DEPENDS,
)
ABOVE_NEXT = (
    RANK,
    REFERRAL_ID,
    _text("title", "What is compared, in words"),
    _text("why", "Why it stands above, in words"),
    _objects(
        "differences",
        "What sets the two scores apart most",
        _text("theme", "The theme of the feature"),
        _text("name", "Of the feature without its window"),
        _text("here", "The fact here, in words"),
        _text("there", "The same fact there, in words"),
        _number("contribution", "What it adds here beyond what it adds there", SCORE_UNIT),
        EFFECT,
    ),
    _number("rest", "What all others add together", SCORE_UNIT),
    _number("total", "The difference of the two scores", SCORE_UNIT),
)
CHANGES = (
    _objects(
        "told",
        "The smallest changes of fact that would move it",
        _word("kind", "What would change", "answer", "fact", "value", "event", "time", "pair"),
        _text("name", "Its name"),
        _count("amount", "How much of it", "days, or how many"),
        _place("rank", "The place that would follow", "it would have no place"),
        _text("crosses", "What it would cross: list, line, tier or band", "none of them"),
        _text("text", "It in words"),
    ),
    _count("tried", "How many were tried one by one", "changes"),
    _count("pairs", "How many were tried two at once", "pairs"),
    _text("note", "What is to be said beside them", "nothing"),
)
CASE = (
    RANK,
    BAND,
    _object("how_sure", "How sure its place is", *HOW_SURE),
    _object("beside", "What stands beside its place", *BESIDE),
    _word("standing", "Where it stands", *STANDINGS),
    REFERRAL_ID,
    PERSON_ID,
    MADE_ON,
    AGENCY,
    ROUTE,
    _count("tier", "Where the rules raised it", "1 urgent, 2 must discuss, 3 by score"),
    TIER_NAME,
    _text("how_likely", "How likely the outcome is, in a sentence that names its horizon"),
    PROBABILITY,
    _number("base", "Where the model stands before it looks at a referral's facts", SCORE_UNIT),
    SCORE,
    _text("why_here", "Why it stands here, in words"),
    _text("alone", "What rules alone, model alone and both make of its place, in a sentence"),
    _text("rules_alone", "The place that the rules alone would give it, in words"),
    _place(
        "rules_alone_first", "The first of the places that the rules alone would leave it to share"
    ),
    _place("rules_alone_last", "The last of them"),
    _place("model_alone", "The place that the model alone would give it"),
    _objects("reasons", "Why it stands here; base and contributions sum to the score", *REASON),
    _objects("rules", "Rules that apply to it, or may", *RULE),
    _objects(
        "brought",
        "What each agency has on record of the person, also where it is nothing",
        _text("agency", "The agency's name in the configuration"),
        _text("agency_name", "Its name for people"),
        _count("records", "How many", "records"),
        _date("latest_on", "When the latest happened", "there is none"),
    ),
    _objects(
        "facts",
        "What its case sheet tells, whatever moved the score",
        _text("heading", "Under which heading"),
        _text("name", "Of the feature"),
        _text("text", "It in words"),
        _yes_no("known", "Whether it is known"),
    ),
    _texts("disagreements", "Where rules and model pull different ways, in sentences"),
    _object("changes", "What would change its place", *CHANGES, empty="none were tried"),
    _object(
        "above_next",
        "Why it stands above the next",
        *ABOVE_NEXT,
        empty="it is told in few words, or is the last",
    ),
)
ASIDE = (
    REFERRAL_ID,
    replace(PERSON_ID, meaning="The person's id; “not known” where it could not be read"),
    replace(MADE_ON, empty="it could not be read"),
    replace(AGENCY, name="agency_name"),
    _word("kind", "Why it is not ranked", "ineligible", "on_hold", "set_aside"),
    _text("kind_words", "That in words"),
    _text("rule_id", "The rule that took it off the ranking", "none did"),
    _objects("rules", "Rules that apply to it, or may", *RULE),
    _text("text", "The reason in words"),
    _text("until", "What has to happen before it is heard", "it is not on hold"),
)
MODEL = (
    _text("name", "The model file's name"),
    _text("title", "Its title"),
    _text("version", "Its version"),
    _word(
        "unit", "What a score counts in; only log-odds speak of how likely", "log_odds", "points"
    ),
    _hash("sha256", "Of the model's file"),
    _text("outcome", "The outcome's name in the configuration"),
    _text("outcome_meaning", "The outcome in words, to follow “had”"),
    HORIZON,
    BASE_RATE,
    _count("trained_on", "How many past referrals it learned from", "referrals"),
    _word("role", "Whether it was promoted, or stands in while none is", "champion", "fallback"),
    _date("retest_on", "From when on it should have been tested again", "no day is set"),
)
PAPERS = (
    _text("handling", "Stands at the head of each printed page"),
    Field(
        "case_sheet",
        "text",
        "Heading → features that every case sheet tells",
        shape="lists_by_name",
    ),
    _object(
        "agency",
        "What one agency may see",
        _word("referrals", "Which referrals", "known", "own", "all"),
        _word("records", "Whose records", "own", "all"),
        _yes_no("chances", "Whether it sees how likely the outcome is"),
    ),
)
PANEL = (
    _text("name", "The panel's name"),
    _text("area", "Its area"),
    _count("capacity", "How many cases there is room for", "referrals"),
    _count("near_misses", "How many below the line are told in full", "referrals"),
    _count("open_days", "How long a referral is open", "days"),
    _count("reserved_places", "How many places are kept", "places"),
    _object("papers", "What its papers say", *PAPERS),
    _count("smallest_group", "Fewer are never counted for the public", "people"),
)
HEAD = (
    _count("format", "Version of this layout", "number"),
    LIST_ID,
    _hash("digest", "Over inputs, configuration, model, code and as-of date"),
    AS_OF,
    SYNTHETIC,
    _object("panel", "Of the panel", *PANEL),
    _object("model", "Of the model that ordered it", *MODEL),
    _text("code_version", "Of this program"),
    _hashes("inputs", "What was read → its SHA-256"),
    _hashes("configs", "File of the configuration → its SHA-256"),
    _object(
        "counts",
        "Where the referrals that came in went",
        _count("referrals_in", "How many came in: the sum of the others", "referrals"),
        _count("ranked", "How many are ranked", "referrals"),
        _count("not_for_panel", "How many are not for this panel, or on hold", "referrals"),
        _count("set_aside", "How many had records that could not be used", "referrals"),
        _count("joined", "How many stand within another's place", "referrals"),
    ),
    _object(
        "against",
        "The list before, with which it is compared",
        LIST_ID,
        AS_OF,
        _text("model", "The model that ordered it"),
        _text("model_version", "Its version"),
        empty="there is none",
    ),
    _hashes("tables", "Table beside this file → its SHA-256"),
    _objects(
        "erasures",
        "That somebody was erased from the list since",
        _date("on", "When"),
        Field("ranks", "place", "The places that are missing since", "place, from 1", shape="many"),
        _count("aside", "How many were taken from those not ranked", "referrals"),
        _hash("seal_before", "The list's seal as it was"),
    ),
)
STANDING_LINE = _text("standing_line", "Who decides, and what this list is for")

LIST: tuple[Field, ...] = (
    STANDING_LINE,
    _object("list", "What the list is, and what it was made from", *HEAD),
    _objects("referrals", "Every ranked referral, in order", *CASE),
    _objects("not_for_panel", "Every referral that came in and is not ranked", *ASIDE),
    _objects(
        "faithfulness",
        "How far the reasons can be relied on",
        _text("measure", "The measure's name"),
        _number("value", "What was measured", "as the text says", "it could not be measured"),
        _number(
            "by_chance", "What chance would give", "as the text says", "there is no such value"
        ),
        _count("referrals", "On how many it was measured", "referrals"),
        _text("text", "What it is, in words"),
    ),
    _objects(
        "gone",
        "Cases of the list before that are not ranked on this one",
        REFERRAL_ID,
        PERSON_ID,
        RANK_THEN,
        _text("standing_words", "Where it stood then"),
        _text("text", "Why it is gone, in words"),
    ),
)
"""``list.json``, in order."""

TOLD: tuple[Field, ...] = (
    _text("title", "Of the paper"),
    _text("kind", "Whom it is for, and of which list"),
    _text("panel", "The panel's name"),
    _text("area", "Its area"),
    SYNTHETIC,
    _text("standing", "Who decides, and what this list is for"),
    _objects(
        "sections",
        "Its parts, in order",
        _text("key", "The part's name"),
        _text("title", "Its title"),
        _texts("sentences", "What it says"),
        _text("caption", "Of its table", "it has no table"),
        _texts("head", "What each column of the table holds; a count of few people is “not told”"),
        Field("rows", "text", "The table's rows, each a list of cells", shape="rows"),
    ),
)
"""The JSON of papers for an agency or the public, in order."""
