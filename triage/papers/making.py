"""The papers of a list, by who reads them and in which form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from triage.errors import NotFoundError, Problem, close_match
from triage.lists import Bundle
from triage.papers.csv_files import list_csv
from triage.papers.html_pages import html_page
from triage.papers.json_files import list_json
from triage.papers.listed import ListPage
from triage.papers.pack import list_pdf
from triage.papers.pages import list_page
from triage.papers.readers import agencies_of, agency_paper, public_paper
from triage.papers.schemas import columns_page, list_schema, told_schema
from triage.papers.told import ToldPage, told_json, told_page, told_pdf
from triage.papers.workbook import list_xlsx

__all__ = ["FORMS", "READERS", "make_guides", "make_paper", "make_papers"]

FORMS: Mapping[str, Callable[[Bundle, ListPage], bytes]] = {
    "html": lambda _bundle, page: html_page(page),
    "csv": lambda _bundle, page: list_csv(page).encode(),
    "json": lambda _bundle, page: list_json(page).encode(),
    "pdf": lambda _bundle, page: list_pdf(page),
    "xlsx": list_xlsx,
}
TOLD_FORMS: Mapping[str, Callable[[ListPage, ToldPage], bytes]] = {
    "html": lambda _page, told: told_page(told),
    "json": lambda _page, told: told_json(told).encode(),
    "pdf": lambda page, told: told_pdf(
        told, handling=page.manifest.panel.papers.handling, date=page.manifest.as_of
    ),
}
READERS: Mapping[str, tuple[str, ...]] = {
    "chair": tuple(FORMS),
    "agency": tuple(TOLD_FORMS),
    "public": tuple(TOLD_FORMS),
}
"""Who reads a list → in which forms."""

BESIDE_THE_LIST = ("html", "csv", "json")

GUIDES: Mapping[str, tuple[str, Callable[[Bundle], bytes]]] = {
    "csv": ("columns.html", lambda bundle: columns_page(bundle.manifest.panel)),
    "json": ("schema.json", lambda _bundle: list_schema().encode()),
}
TOLD_GUIDES: Mapping[str, tuple[str, Callable[[Bundle], bytes]]] = {
    "json": ("schema.json", lambda _bundle: told_schema().encode()),
}


def make_papers(bundle: Bundle) -> dict[str, bytes]:
    """Return the papers that lie in a list's folder, by file name.

    Parameters
    ----------
    bundle : Bundle
        ``created_at`` and the hashes of the papers themselves are not looked at.
    """
    page = list_page(bundle)
    papers = {f"list.{form}": FORMS[form](bundle, page) for form in BESIDE_THE_LIST}
    guides = make_guides(bundle, BESIDE_THE_LIST)
    return papers | {f"list.{ending}": guide for ending, guide in guides.items()}


def make_guides(bundle: Bundle, forms: Iterable[str], *, reader: str = "chair") -> dict[str, bytes]:
    """Return what says how to read those of some papers that are for programs, by its ending.

    Parameters
    ----------
    bundle : Bundle
    forms : iterable of str
        Those that have no such guide are passed over.
    reader : {"chair", "agency", "public"}
    """
    guides = GUIDES if reader == "chair" else TOLD_GUIDES
    made = (guides[form] for form in forms if form in guides)
    return {ending: make(bundle) for ending, make in made}


def make_paper(bundle: Bundle, form: str, *, reader: str = "chair", agency: str = "") -> bytes:
    """Return what somebody may read of a list, the same bytes whenever it is made.

    Parameters
    ----------
    bundle : Bundle
        As for :func:`make_papers`.
    form : str
        One of :data:`READERS`'s for that reader.
    reader : {"chair", "agency", "public"}
    agency : str
        Which agency, where one reads.

    Raises
    ------
    NotFoundError
        The list knows no such agency.
    """
    page = list_page(bundle)
    if reader == "chair":
        return FORMS[form](bundle, page)
    if reader == "public":
        return TOLD_FORMS[form](page, public_paper(page))
    known = agencies_of(page)
    if agency not in known:
        raise NotFoundError(
            Problem(
                f"list {bundle.list_id}",
                f"knows no agency '{agency}'",
                f"{', '.join(known) or 'no agency, since no referral is ranked'}",
                close_match(agency, known),
            )
        )
    return TOLD_FORMS[form](page, agency_paper(page, agency))
