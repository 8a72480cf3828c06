"""The papers of a list, by the form in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from triage.lists import Bundle
from triage.papers.csv_files import list_csv
from triage.papers.html_pages import html_page
from triage.papers.json_files import list_json
from triage.papers.pack import list_pdf
from triage.papers.pages import ListPage, list_page

__all__ = ["FORMS", "make_paper", "make_papers"]

MAKERS: Mapping[str, Callable[[ListPage], bytes]] = {
    "html": html_page,
    "csv": lambda page: list_csv(page).encode(),
    "json": lambda page: list_json(page).encode(),
    "pdf": list_pdf,
}
FORMS = tuple(MAKERS)
"""The forms in which a list can be read."""

BESIDE_THE_LIST = ("html", "csv", "json")


def make_papers(bundle: Bundle) -> dict[str, bytes]:
    """Return the papers that lie in a list's folder, by file name.

    Parameters
    ----------
    bundle : Bundle
        ``created_at`` and the hashes of the papers themselves are not looked at.
    """
    page = list_page(bundle)
    return {f"list.{form}": MAKERS[form](page) for form in BESIDE_THE_LIST}


def make_paper(bundle: Bundle, form: str) -> bytes:
    """Return a list in one form, the same bytes whenever it is made.

    Parameters
    ----------
    bundle : Bundle
        As for :func:`make_papers`.
    form : str
        One of :data:`FORMS`.
    """
    return MAKERS[form](list_page(bundle))
