"""The pages of an audit pack: what it holds, the six explanations, ALGO-CARE, and the replay.

What the record knows is filled in; what only a person can answer is asked, with room to answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.conditions import date_words
from triage.papers.cards import LIMITS, NOT_FOR, Card, value_words
from triage.papers.listed import ListPage
from triage.papers.told import Section, Table, ToldPage
from triage.papers.wording import number_of, sentence
from triage.workspace import csv_text

__all__ = [
    "AuditFacts",
    "Replay",
    "algo_care",
    "contents_page",
    "explanations",
    "ledger_csv",
    "no_card_page",
    "replay_page",
]

DECIDES = "A person decides. The list orders a discussion; it does not decide."
FILL_HEAD = ("For a person to answer", "Answer", "By whom, and when")
CONTENTS_FIRST = (
    "Nothing in this folder was written by hand. To see that no file was changed since, run "
    "“sha256sum -c SHA256SUMS” in it; the list’s own files carry their hashes in its manifest too.",
    "It holds personal data: the list itself, with every reason and record. It is for those who "
    "audit, and not to be published. The card, the transparency record, what was measured of "
    "groups, the explanations and the checklist tell of no person.",
)


@dataclass(frozen=True)
class Replay:
    """What came of making the list again.

    Parameters
    ----------
    same : bool
        Whether every file came out the same, byte for byte.
    files : int
    found : sequence of (str, str, str)
        Kind, name and what was found, of everything that has changed since.
    """

    same: bool
    files: int
    found: Sequence[tuple[str, str, str]]

    @property
    def told(self) -> str:
        """It in a sentence."""
        if self.same:
            return (
                f"The list was made again: all {self.files} files came out the same, byte for byte."
            )
        return "The list does NOT come out the same when it is made again; the replay says why."


@dataclass(frozen=True)
class AuditFacts:
    """What the pages of an audit pack are made from.

    Parameters
    ----------
    page : ListPage
    card : Card or None
    no_card : str
        Why there is no card, where there is none.
    replay : Replay
    fairness : sequence of str
        What was measured of groups at the cut, in sentences; or why it was not.
    decided : mapping of str to int
        What the panel decided on this list → how often; corrected ones do not count.
    departures : int
        How many of those were not as ranked.
    """

    page: ListPage
    card: Card | None
    no_card: str
    replay: Replay
    fairness: Sequence[str]
    decided: Mapping[str, int]
    departures: int

    @property
    def by_rules_alone(self) -> bool:
        """Whether no approved model had a part in the order."""
        return self.page.manifest.model.role == "fallback"


def _paper(facts: AuditFacts, kind: str, title: str, standing: str, *sections: Section) -> ToldPage:
    manifest = facts.page.manifest
    return ToldPage(
        kind=f"{kind} · list {manifest.list_id}",
        title=title,
        panel=manifest.panel,
        synthetic=manifest.synthetic,
        standing=standing,
        sections=sections,
    )


def no_card_page(facts: AuditFacts, what: str) -> ToldPage:
    """Return what stands in the place of a card, or of a transparency record, that there is not.

    Parameters
    ----------
    facts : AuditFacts
    what : str
        As in "Model card".
    """
    model = facts.page.manifest.model
    return _paper(
        facts,
        what,
        f"{what}: none",
        facts.no_card,
        Section(
            "instead",
            "What ordered this list instead" if facts.by_rules_alone else "What ordered this list",
            (
                f"“{model.title}”, version {model.version}, as {model.role}; it looks for "
                f"{model.outcome_meaning}.",
                f"SHA-256 of its file: {model.sha256}",
                *_order(facts),
            ),
        ),
        Section("limits", "Limits", (*NOT_FOR, *LIMITS)),
    )


def replay_page(facts: AuditFacts) -> ToldPage:
    """Return what came of making the list again."""
    replay = facts.replay
    manifest = facts.page.manifest
    return _paper(
        facts,
        "Replay",
        f"Replay of list {manifest.list_id}",
        replay.told,
        Section(
            "replay",
            "What was done",
            (
                "Every input, file of configuration, the model and the code were looked at by "
                "their hashes, and the list made again from all of them as they are now.",
                f"The list was made by code {manifest.code_version}.",
                "Nothing that it was made from has changed since."
                if not replay.found
                else "What has changed since stands below."
                + (" It changes nothing in this list." if replay.same else ""),
            ),
            Table("What has changed since", ("What", "Name", "Found"), list(replay.found)),
        ),
    )


def contents_page(facts: AuditFacts, files: Mapping[str, tuple[str, str]]) -> ToldPage:
    """Return the contents of a pack.

    Parameters
    ----------
    facts : AuditFacts
    files : mapping of str to (str, str)
        Path in the pack → what it is, and its SHA-256.
    """
    manifest = facts.page.manifest
    own = {name: one for name, one in files.items() if "/" not in name}
    others = {name: one for name, one in files.items() if name not in own}
    return _paper(
        facts,
        "Audit pack",
        f"Audit pack of the list of {facts.page.as_of_words}",
        facts.replay.told,
        Section(
            "what",
            "What this is",
            (
                f"List {manifest.list_id} of {manifest.panel.name}, and what there is to say of "
                "how it came to be.",
                *CONTENTS_FIRST,
                *([facts.no_card] if facts.no_card else []),
            ),
        ),
        Section("papers", "The pack", (), _hashed("Files, and the SHA-256 of each", own)),
        Section("fill", "What a person has to fill in", tuple(_left_open())),
        Section(
            "list",
            "The list",
            (f"The seal of the list: {manifest.seal}",),
            _hashed("Files, and the SHA-256 of each", others),
        ),
    )


def _hashed(caption: str, files: Mapping[str, tuple[str, str]]) -> Table:
    rows = [(name, what, sha256) for name, (what, sha256) in files.items()]
    return Table(caption, ("File", "What it is", "SHA-256"), rows, layout="files")


def _left_open() -> Iterator[str]:
    asked = {
        "explanations.html": sum(map(len, ASKED_OF_EXPLANATIONS.values())),
        "algo-care.html": sum(map(len, ASKED_OF_CARE.values())),
    }
    for name, number in asked.items():
        yield f"{name}: {number_of(number, 'question')} that only a person can answer, left blank."
    yield "atrs.md: every field that says “To be filled in by the panel”."


def _fill(questions: Iterable[str]) -> Table:
    rows = [(question, "", "") for question in questions]
    return Table("To be filled in: the record does not know", FILL_HEAD, rows, layout="fill")


# ------------------------------------------------------------------ the six explanations

ASKED_OF_EXPLANATIONS: Mapping[str, tuple[str, ...]] = {
    "rationale": (
        "In which words, and by whom, is somebody told why they were discussed?",
        "What may not be told to them, and on what ground?",
    ),
    "responsibility": (
        "Who is the senior responsible owner?",
        "Whom does somebody write to who wants an explanation, or a human review?",
        "Who supplied and who maintains the program, under what agreement?",
    ),
    "data": (
        "Under which agreements and on what lawful basis does each agency share its records?",
        "Which known gaps or errors of the extracts were left as they are, and why?",
    ),
    "fairness": (
        "What did the authority’s own assessment under section 149 of the Equality Act 2010 find?",
        "What was done about each measure outside its tolerance?",
        "Who was asked outside the panel, such as specialist services for minoritised victims?",
    ),
    "safety": (
        "Who is told when something goes wrong, and who may stop the use of the list?",
        "When was it last tested on this panel’s own outcomes, and what came of it?",
    ),
    "impact": (
        "Where is the data protection impact assessment, and when was it last reviewed?",
        "How can somebody make representations and contest what was decided (DPA 2018, ss. 50A–D)?",
        "What harm could a wrong place do to a person, a victim or a child, and who watches it?",
    ),
}


def explanations(facts: AuditFacts) -> ToldPage:
    """Return the ICO's six explanations of a list, as far as the record can give them."""
    made = (
        ("rationale", "1. Rationale: why it says what it says", _rationale(facts)),
        ("responsibility", "2. Responsibility: who answers for it", _responsibility(facts)),
        ("data", "3. Data: what it was made from", _data(facts)),
        ("fairness", "4. Fairness: how groups fare at the cut", _groups(facts)),
        (
            "safety",
            "5. Safety and performance: how well it does, and what guards it",
            _safety(facts),
        ),
        ("impact", "6. Impact: what follows from it", _impact(facts)),
    )
    tables = {"rationale": [_rules(facts), _relied_on(facts)], "safety": _measures(facts)}
    return _asking(facts, "Explanations", "Six explanations", made, tables, ASKED_OF_EXPLANATIONS)


def _asking(
    facts: AuditFacts,
    kind: str,
    title: str,
    made: Iterable[tuple[str, str, Iterable[str]]],
    tables: Mapping[str, Sequence[Table]],
    asked: Mapping[str, Sequence[str]],
) -> ToldPage:
    return _paper(
        facts,
        kind,
        f"{title} of the list of {facts.page.as_of_words}",
        "What the record shows is filled in. What only a person can answer is left blank.",
        *(
            Section(key, name, sentences, more=(*tables.get(key, ()), _fill(asked[key])))
            for key, name, sentences in made
        ),
    )


def _order(facts: AuditFacts) -> Iterator[str]:
    model = facts.page.manifest.model
    yield "Rules that the panel has adopted come first. They can raise a referral, never lower it."
    if facts.by_rules_alone:
        yield (
            f"No model was approved. Among referrals that rules leave equal, “{model.title}” "
            "decides: a comparator whose points people have set."
        )
    else:
        yield f"Within a tier the score of “{model.title}”, version {model.version}, decides."


def _rationale(facts: AuditFacts) -> Iterator[str]:
    yield DECIDES
    yield from _order(facts)
    yield from _reasons(facts)


def _reasons(_facts: AuditFacts) -> Iterator[str]:
    yield (
        "The reasons of each referral stand on its case sheet with the records behind them. What "
        "facts add to a score sums to it exactly; the program refuses a list where it does not."
    )


def _relied_on(facts: AuditFacts) -> Table:
    return Table(
        "How far the reasons of this list can be relied on",
        ("What was measured", "Value", "By chance"),
        [
            (sentence(one.text), _figure(one.value), _figure(one.by_chance))
            for one in facts.page.faithfulness
            if one.value is not None
        ],
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _rules(facts: AuditFacts) -> Table:
    return Table(
        "Rules that apply, or may, to somebody on this list",
        ("Rule", "What it does", "Source"),
        [(one.title, sentence(one.effect_words), sentence(one.source)) for one in facts.page.rules],
        layout="named",
    )


def _responsibility(facts: AuditFacts) -> Iterator[str]:
    manifest = facts.page.manifest
    yield f"The list is that of {manifest.panel.name}, {manifest.panel.area}."
    yield from _approved(facts)
    yield f"Made by the program of code version {manifest.code_version}."
    yield "Who used the list, and who recorded what was decided on it, stands in ledger.csv."


def _approved(facts: AuditFacts) -> Iterator[str]:
    if facts.card is None:
        yield facts.no_card
        return
    approval = facts.card.approval
    if approval is None:
        yield f"Version {facts.card.version} does not rank by anybody’s approval now."
        return
    due = (
        f" It is to be tested again by {date_words(approval.retest_on)}."
        if approval.retest_on
        else ""
    )
    yield (
        f"Version {facts.card.version} was approved on {date_words(approval.at.date())} by "
        f"{approval.by or 'somebody who was not named'}.{due}"
    )
    if approval.overridden:
        yield f"AGAINST gates that it did not pass: {', '.join(approval.overridden)}."


def _data(facts: AuditFacts) -> Iterator[str]:
    page, manifest = facts.page, facts.page.manifest
    yield f"Nothing that happened or became known on or after {page.as_of_words} was used."
    yield f"Read: {', '.join(sorted(manifest.inputs))}; their hashes stand in the list’s manifest."
    yield _brought(page)
    if facts.card is not None:
        data = facts.card.evaluation.data
        yield (
            f"The model learned from {data.learned:,} referrals of {data.people:,} people, as of "
            f"{date_words(data.first)} to {date_words(data.last)}."
        )
        features = number_of(len(facts.card.evaluation.features), "feature")
        yield f"It looks at {features}; the card says what each means."
    yield "What nobody recorded or asked stays unknown; it is never read as “no”."
    yield "Protected characteristics are for audit only: no feature, rule or model can name them."


def _brought(page: ListPage) -> str:
    names = {one.agency_name: False for case in page.cases for one in case.brought}
    for case in page.cases:
        names |= {one.agency_name: True for one in case.brought if one.records}
    there = [name for name, has in names.items() if has]
    absent = [name for name, has in names.items() if not has]
    told = f"Agencies with records on people of this list: {'; '.join(there) or 'none'}."
    return f"{told} With none: {'; '.join(absent)}." if absent else told


def _groups(facts: AuditFacts) -> Iterator[str]:
    yield from facts.fairness
    if facts.card is not None:
        told = sum(one.told for one in facts.card.evaluation.groups)
        yield (
            f"On its test periods the model was measured on {number_of(told, 'group')} that are "
            "large enough to tell of; the card says how each fared."
        )
    yield "No figure here says that nobody is wronged. The authority has to judge that itself."


def _safety(facts: AuditFacts) -> Iterator[str]:
    yield facts.replay.told
    yield from _performance(facts)
    yield from LIMITS
    yield "A list that was touched is refused by every reader. The seal of this one holds."


def _performance(facts: AuditFacts) -> Iterator[str]:
    card = facts.card
    if card is None:
        yield facts.no_card
        return
    failed = [one.gate.replace("_", " ") for one in card.verdicts if one.result == "failed"]
    yield f"Gates not passed: {', '.join(failed)}." if failed else "It passes every gate."
    alarms = [f"{one.name} ({one.subject})" for one in card.evaluation.alarms]
    yield f"Alarms that went off and were looked into: {', '.join(alarms) or 'none'}."


def _measures(facts: AuditFacts) -> list[Table]:
    """Return how well the model did, or nothing where there is none."""
    if facts.card is None:
        return []
    rows = [
        (one.name.replace("_", " "), value_words(one.figure), sentence(one.meaning))
        for one in facts.card.evaluation.measures
        if one.figure.value is not None
    ]
    head = ("Measure", "Value, with its interval of 95%", "What it says")
    return [Table("On the test periods, each later than what was learned from", head, rows)]


def _impact(facts: AuditFacts) -> Iterator[str]:
    yield "The panel hears those at the top first. Whom it takes on, it decides case by case."
    yield from NOT_FOR
    yield from _decided(facts)


def _decided(facts: AuditFacts) -> Iterator[str]:
    from triage.fairness import counts_told  # which loads what models are made with

    if not facts.decided:
        yield "Nothing was decided on this list yet, as far as the record says."
        return
    smallest = facts.page.manifest.panel.smallest_group
    told = counts_told(list(facts.decided.values()), smallest=smallest)
    counts = (
        f"{choice} {'not told' if count is None else count}"
        for choice, count in zip(facts.decided, told, strict=True)
    )
    yield f"Decided on this list: {'; '.join(counts)}. No count of fewer than {smallest} is told."
    departures = facts.departures
    few = f"fewer than {smallest}" if departures < smallest else str(departures)
    yield f"Not as ranked: {few}. Each such decision has its reason on record."


# ------------------------------------------------------------------ ALGO-CARE

ASKED_OF_CARE: Mapping[str, tuple[str, ...]] = {
    "advisory": (
        "How does the chair make sure that the order is discussed and not followed?",
        "How often was the order kept, and does that worry anybody?",
    ),
    "lawful": (
        "On what lawful basis is the list made and used, and who has advised on it?",
        "Is it necessary and proportionate for this purpose?",
    ),
    "granularity": ("Are the groups and periods fine enough for decisions about single people?",),
    "ownership": (
        "Who owns the model, the rules and the data, and who may inspect the program’s source?",
        "Who is allowed to use it, and how are they trained?",
    ),
    "challengeable": (
        "How is somebody told that such a list exists, and how do they challenge what follows?",
        "When is the next outside review due, and who makes it?",
    ),
    "accuracy": (
        "Is this accuracy good enough for what follows from a place on the list?",
        "Who checks that extracts are right, and how often?",
    ),
    "responsible": (
        "Who has asked whether it should be used at all, and what was the answer?",
        "Which outside advice, such as an ethics committee’s, was taken and followed?",
    ),
    "explainable": ("Have people who sit on the panel said that they understand the reasons?",),
}


def algo_care(facts: AuditFacts) -> ToldPage:
    """Return the ALGO-CARE checklist of a list, as far as the record can fill it in."""
    made = (
        ("advisory", "Advisory", _advisory(facts)),
        ("lawful", "Lawful", _lawful(facts)),
        ("granularity", "Granularity", _granularity(facts)),
        ("ownership", "Ownership", _responsibility(facts)),
        ("challengeable", "Challengeable", _challengeable(facts)),
        ("accuracy", "Accuracy", _accuracy(facts)),
        ("responsible", "Responsible", _responsible(facts)),
        ("explainable", "Explainable", _explainable(facts)),
    )
    tables = {"accuracy": _measures(facts), "explainable": [_relied_on(facts)]}
    return _asking(facts, "ALGO-CARE", "ALGO-CARE checklist", made, tables, ASKED_OF_CARE)


def _advisory(facts: AuditFacts) -> Iterator[str]:
    yield f"Every paper of the list says: {DECIDES}"
    yield "The panel may take any case from below the line; it then says why, on record."
    yield from _decided(facts)


def _lawful(_facts: AuditFacts) -> Iterator[str]:
    yield (
        "Each use of personal data leaves a row in a ledger that nobody can change unseen: when, "
        "who, what ids, never the content (DPA 2018, s. 62)."
    )
    yield "No decision follows from the list without the panel (DPA 2018, ss. 50A–D)."
    yield "What is held on a person can be told to them, corrected by new records, and erased."


def _granularity(facts: AuditFacts) -> Iterator[str]:
    yield f"It looks for {facts.page.manifest.model.outcome_meaning}."
    yield facts.page.sure_words
    yield "Marks show where answers to what is not known could still change a place."


def _challengeable(facts: AuditFacts) -> Iterator[str]:
    yield "Each place names its reasons, and each reason the records behind it, with their dates."
    yield "It says what would change a place, and what was not known."
    yield facts.replay.told
    yield "Decisions are corrected by new ones and never overwritten; the record keeps both."


def _accuracy(facts: AuditFacts) -> Iterator[str]:
    yield from _performance(facts)
    yield from LIMITS


def _responsible(facts: AuditFacts) -> Iterator[str]:
    yield from facts.fairness
    yield from NOT_FOR
    yield "Rules carry their sources and review dates; what nobody has checked is marked as such."


def _explainable(facts: AuditFacts) -> Iterator[str]:
    yield from _order(facts)
    yield from _reasons(facts)


# ------------------------------------------------------------------ the ledger

LEDGER_COLUMNS = (
    "row",
    "at",
    "who",
    "account",
    "command",
    "actions",
    "stage",
    "begun_in_row",
    "ids",
    "previous",
    "sha256",
)


def ledger_csv(rows: Iterable[Mapping[str, str | int]]) -> str:
    """Return rows of the ledger as CSV, safe to open in a workbook.

    Parameters
    ----------
    rows : iterable of mapping
        By :data:`LEDGER_COLUMNS`.
    """
    return csv_text(LEDGER_COLUMNS, rows)
