"""What others than the chair may read of a list: one agency, and the public."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from triage.papers.listed import Brought, Case, ListPage, Reason
from triage.papers.told import Section, Table, ToldPage
from triage.papers.wording import number_of, sentence, short_date

__all__ = ["agencies_of", "agency_paper", "public_paper"]

DECIDES = "A person decides. This list orders a discussion; it does not decide."


def agencies_of(page: ListPage) -> Mapping[str, str]:
    """Return the agencies that could have brought records, by name, with their titles."""
    return {one.agency: one.agency_name for case in page.cases for one in case.brought}


def agency_paper(page: ListPage, agency: str) -> ToldPage:
    """Return what one agency may see of a list, so that it can come prepared.

    What it may see is the panel's to say (``papers.agency`` of ``configs/panel.yaml``, kept with
    the list). A reason that rests on records that it may not see is counted and not told.

    Parameters
    ----------
    page : ListPage
    agency : str
        One of :func:`agencies_of`.
    """
    sees = page.manifest.panel.papers.agency
    title = agencies_of(page)[agency]
    cases = [case for case in page.told_in_full if _may_see(case, agency, title, sees.referrals)]
    return ToldPage(
        kind=f"For {title} · list {page.manifest.list_id}",
        title=f"To prepare for the panel of {page.as_of_words}: {title}",
        panel=page.manifest.panel,
        synthetic=page.manifest.synthetic,
        standing=DECIDES,
        sections=[
            _whom(page, cases, agency, chances=sees.chances),
            *(_case(case, title, own_only=sees.records == "own") for case in cases),
        ],
    )


def _may_see(case: Case, agency: str, title: str, which: str) -> bool:
    return (
        which == "all"
        or title in (case.agency_name, *(one.agency_name for one in case.beside.joined))
        or (which == "known" and _brought(case, agency).records > 0)
    )


def _brought(case: Case, agency: str) -> Brought:
    return next(one for one in case.brought if one.agency == agency)


def _whom(page: ListPage, cases: Iterable[Case], agency: str, *, chances: bool) -> Section:
    head = ["Referral", "Place", "Tier", "Person", "Referred by", "What you have brought"]
    if chances:
        head.append(f"Within {page.horizon}" if page.chances else "Score")
    rows = [
        [
            case.referral_id,
            case.sure.band,
            case.tier_name,
            case.person_id,
            f"{case.agency_name}, {short_date(case.made_on)}",
            _words(_brought(case, agency)),
            *([case.likely] if chances else []),
        ]
        for case in cases
    ]
    return Section(
        "whom",
        "Whom it is about",
        [
            "Look up these people before the panel meets, and bring what is not in your extract.",
            f"Only what was on record before {page.as_of_words} is used.",
        ]
        if rows
        else ["Nobody on this list was referred by you or stands in your records."],
        Table("To discuss, and near misses", head, rows),
    )


def _words(brought: Brought) -> str:
    if brought.latest_on is None:
        return "nothing"
    return f"{number_of(brought.records, 'record')}, the latest of {short_date(brought.latest_on)}"


def _case(case: Case, title: str, *, own_only: bool) -> Section:
    told = [one for one in case.reasons if not own_only or _rests_on(one, case, title)]
    known = [one for one in told if one.known and one.direction != "none"]
    left = sum(one.known and one.direction != "none" for one in case.reasons) - len(known)
    sentences = [sentence(one.dated) for one in known]
    if left:
        rest = "rests" if left == 1 else "rest"
        sentences.append(f"{number_of(left, 'more reason')} {rest} on other agencies' records.")
    sentences += [
        f"Can you say? {sentence(one.text.removeprefix('Not known: '))}." for one in case.unknown
    ]
    rows = [
        [
            short_date(record.happened_on),
            sentence(record.meaning),
            *([] if own_only else [record.agency_name]),
            f"{record.event_id} ({record.source})",
        ]
        for record, _ in case.records
        if not own_only or record.agency_name == title
    ]
    return Section(
        f"case-{case.rank}",
        f"Place {case.sure.band}: referral {case.referral_id}",
        sentences or ["No reason that you may see."],
        Table(
            "Records behind the reasons",
            ["Date", "What was recorded", *([] if own_only else ["By"]), "Record"],
            rows,
        ),
    )


def _rests_on(reason: Reason, case: Case, title: str) -> bool:
    """Return whether a reason tells nothing but what this agency itself brought."""
    if reason.records:
        return all(record.agency_name == title for record in reason.records)
    return case.agency_name == title


def public_paper(page: ListPage) -> ToldPage:
    """Return what may be told of a list to anybody: counts, none of them of few people.

    Parameters
    ----------
    page : ListPage
    """
    manifest = page.manifest
    counts = manifest.counts
    standing = {
        "To discuss": len(page.discuss),
        "Near misses": len(page.near_misses),
        "Further down": len(page.below),
        "Not for this panel": counts.not_for_panel,
        "Set aside": counts.set_aside,
    }
    came_from = Counter(case.agency_name for case in page.cases)
    came_from.update(one.agency_name for one in page.asides)
    tiers = Counter(case.tier_name for case in page.cases)
    model = manifest.model
    return ToldPage(
        kind=f"List {manifest.list_id}",
        title=f"The panel's list of {page.as_of_words} in numbers",
        panel=manifest.panel,
        synthetic=manifest.synthetic,
        standing=DECIDES,
        sections=[
            Section(
                "came",
                "What came in",
                [
                    f"Referrals made from {page.opened_words}. There was room for {page.places}.",
                    f"A count of fewer than {manifest.panel.smallest_group} is not told, nor one "
                    "from which such a count could be found by subtraction.",
                ],
                _counted("Where referrals are", "Where", standing, page),
            ),
            Section("agencies", "Who referred", (), _counted("By agency", "By", came_from, page)),
            Section("tiers", "Tiers", (), _counted("Of those ranked", "Tier", tiers, page)),
            Section(
                "order",
                "What put them in order",
                [
                    f"The panel's rules, then “{model.title}”, version {model.version}, "
                    f"which looks for {page.outcome}.",
                    "Rules can raise a referral, never lower it. No protected characteristic is "
                    "used in rules or model.",
                ],
            ),
        ],
    )


def _counted(caption: str, head: str, counts: Mapping[str, int], page: ListPage) -> Table:
    from triage.fairness import counts_told  # which loads what models are made with

    told = counts_told(list(counts.values()), smallest=page.manifest.panel.smallest_group)
    rows = [
        [name, "not told" if count is None else str(count)]
        for name, count in zip(counts, told, strict=True)
    ]
    return Table(caption, [head, "Referrals"], rows)
