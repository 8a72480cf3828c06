"""One case by itself: a page that needs nothing else, or Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.conditions import date_words
from triage.errors import visible
from triage.papers.comparing import Comparison
from triage.papers.html_pages import RECORDS_SHOWN, drawing_of, filled
from triage.papers.listed import Case, ListPage, Reason
from triage.papers.waterfall import waterfall
from triage.papers.wording import SEEN, short_date

__all__ = ["case_markdown", "case_page"]


def case_page(page: ListPage, case: Case, against: Comparison | None = None) -> bytes:
    """Return one case as one HTML file: no network, no script, no font.

    Parameters
    ----------
    page : ListPage
    case : Case
        With its themes.
    against : Comparison, optional
        With another case than the next.
    """
    return filled(
        "case",
        page=page,
        case=case,
        against=against,
        drawing=drawing_of,
        records_shown=RECORDS_SHOWN,
        linked=0,
        least=SEEN,
    )


def case_markdown(page: ListPage, case: Case, against: Comparison | None = None) -> str:
    """Return one case as Markdown; no text of a record is taken for markup.

    Parameters
    ----------
    page : ListPage
    case : Case
        With its themes.
    against : Comparison, optional
        With another case than the next.
    """
    parts = (
        *_head(page, case),
        *_concerns(case),
        *_flags(case),
        *_unknown(case),
        *_place(case),
        *_disagreements(case),
        *_beside(case),
        *_changes(case),
        *(line for one in (case.above_next, against) if one for line in _compared(one)),
        *_score(page, case),
        *_themes(case),
        *_records(case),
        *_limits(page),
    )
    return "\n".join(parts) + "\n"


def _head(page: ListPage, case: Case) -> Iterator[str]:
    manifest = page.manifest
    if manifest.synthetic:
        yield "**SYNTHETIC DATA.** Every person, record and figure here is invented.\n"
    yield f"# {case.sure.band}. Referral {_plain(case.referral_id)}\n"
    yield (
        f"{page.title}, {_plain(manifest.panel.name)}. Person {_plain(case.person_id)}, referred "
        f"by {_plain(case.agency_name)} on {date_words(case.made_on)}. "
        f"Tier: {_plain(case.tier_name)}.\n"
    )
    for caution in page.cautions:
        yield f"**{_plain(caution)}**\n"
    yield "**A person decides. This list orders a discussion; it does not decide.**\n"
    yield _plain(case.likely_sentence)


def _concerns(case: Case) -> Iterator[str]:
    for title, reasons in (
        ("What raises concern", case.raising),
        ("What lowers concern", case.protective),
    ):
        yield f"\n## {title}\n"
        yield from (_reason(one) for one in reasons)
        if not reasons:
            yield "Nothing on record."


def _reason(one: Reason) -> str:
    title = f"**{_plain(one.title)}.** " if one.title else ""
    return f"{one.number}. {title}{_plain(one.dated)} ({one.origin})"


def _flags(case: Case) -> Iterator[str]:
    for rule in case.flags:
        told = " ".join(filter(None, (rule.text, rule.rests_on)))
        yield f"\n**To notice: {_plain(rule.mark)}.** {_plain(told)}"


def _unknown(case: Case) -> Iterator[str]:
    yield "\n## What is not known or not on record\n"
    for one in case.unknown:
        yield f"- {_plain(one.text.removeprefix('Not known: '))} ({one.effect})"
    for rule in case.would_fire:
        yield f"- A rule could apply: {_plain(rule.title)}. {_plain(rule.text)}"
    if not (case.unknown or case.would_fire):
        yield "Every fact that is asked about is known."


def _place(case: Case) -> Iterator[str]:
    yield "\n## Why at this place\n"
    yield f"{_plain(case.why_here)} {_plain(case.alone)} {_plain(case.sure.told)}"


def _disagreements(case: Case) -> Iterator[str]:
    if case.disagreements:
        yield "\n## Where rules and model disagree\n"
        yield from (f"- {_plain(text)}" for text in case.disagreements)


def _beside(case: Case) -> Iterator[str]:
    for title, texts in case.beside.sections:
        yield f"\n## {_plain(title)}\n"
        yield from (f"- {_plain(text)}" for text in texts)


def _changes(case: Case) -> Iterator[str]:
    if case.changes is None:
        return
    yield "\n## What would change it\n"
    yield from (f"- {_plain(one.text)}" for one in case.changes.told)
    yield f"\n{case.changes.tried_words} {case.changes.note}"


def _compared(one: Comparison) -> Iterator[str]:
    yield f"\n## {_plain(one.title)}\n"
    yield f"{_plain(one.why)}\n"
    rows = [
        (each.here, each.there, each.effect, f"{each.contribution:+.2f}")
        for each in one.differences
    ]
    if rows:
        rows.append(("All other facts together", "", "", f"{one.rest:+.2f}"))
        yield from _table(("This referral", f"Place {one.rank}", "Raises which", "Weight"), rows)


def _score(page: ListPage, case: Case) -> Iterator[str]:
    yield "\n## How the model's score is made up\n"
    yield f"{_plain(waterfall(case, chances=page.chances).description)}\n"
    rows = [("", "Where the model starts", "", case.base_words, f"{case.base:+.2f}")]
    rows += [
        (str(one.number), one.text, one.effect, one.after_words, f"{one.contribution:+.2f}")
        for one in case.steps
    ]
    yield from _table(("No.", "Fact", "Effect", "Brings it to", "Weight"), rows)


def _themes(case: Case) -> Iterator[str]:
    if not case.themes:
        return
    yield "\n## Every fact, theme by theme\n"
    rows = []
    for theme in case.themes:
        rows.append((theme.title.upper(), theme.effect, f"{theme.contribution:+.2f}"))
        told = [fact for fact in theme.facts if abs(fact.contribution) >= SEEN]
        rows += [(fact.text, "", f"{fact.contribution:+.2f}") for fact in told]
    yield from _table(("Theme and facts", "Effect", "Weight"), rows)


def _records(case: Case) -> Iterator[str]:
    yield "\n## The records behind these reasons\n"
    rows = [
        (
            short_date(record.happened_on),
            record.meaning,
            record.agency_name,
            f"{record.event_id} ({record.source})",
            short_date(record.known_on),
            ", ".join(map(str, numbers)),
        )
        for record, numbers in case.records
    ]
    yield from _table(("Date", "What", "By", "Record", "Known on", "Behind reason"), rows)


def _limits(page: ListPage) -> Iterator[str]:
    yield "\n## How to read this, and its limits\n"
    yield from (f"- **{_plain(note.title)}.** {_plain(note.text)}" for note in page.reading)
    yield f"\nList {page.manifest.list_id}, model version {_plain(page.manifest.model.version)}."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"


def _plain(text: str) -> str:
    r"""Return a text in which no sign is markup.

    Examples
    --------
    >>> print(_plain("[click](http://x) | *now*\n# yes"))
    \[click\](http://x) \| \*now\* # yes
    """
    shown = " ".join(visible(text).split())
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|~" else sign for sign in shown)
