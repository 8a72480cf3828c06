"""All papers of a list at once."""

from __future__ import annotations

from triage.lists import Bundle
from triage.papers.csv_files import list_csv
from triage.papers.html_pages import html_page
from triage.papers.json_files import list_json
from triage.papers.pages import list_page

__all__ = ["make_papers"]


def make_papers(bundle: Bundle) -> dict[str, bytes]:
    """Return the papers that lie in a list's folder, by file name.

    Parameters
    ----------
    bundle : Bundle
        ``created_at`` and the hashes of the papers themselves are not looked at.
    """
    page = list_page(bundle)
    return {
        "list.html": html_page(page),
        "list.csv": list_csv(page).encode(),
        "list.json": list_json(page).encode(),
    }
