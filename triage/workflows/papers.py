"""The papers of a list that stands, in the forms that somebody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from triage.papers import READERS, make_guides, make_paper
from triage.workflows.lists import open_list
from triage.workspace import Workspace, write_whole

__all__ = ["write_papers"]

FOLDER = "papers"


def write_papers(
    root: Path,
    name: str,
    forms: Sequence[str] = (),
    *,
    reader: str = "chair",
    agency: str = "",
    output: Path | None = None,
) -> tuple[Path, ...]:
    """Write papers of a list, and return where they stand.

    Beside CSV and JSON the guide to the columns and the JSON Schema are written too.

    Parameters
    ----------
    root : Path
        The workspace's folder.
    name : str
        The list's name, its as-of date, or ``latest``.
    forms : sequence of str
        Of :data:`triage.papers.READERS`'s for that reader; none means all of them.
    reader : {"chair", "agency", "public"}
    agency : str
        Which agency, where one reads.
    output : Path, optional
        A folder; by default ``results/papers/`` and the list's name.

    Raises
    ------
    NotFoundError
        There is no such list, or it knows no such agency.
    TamperedError
        The list was changed after it was written.
    StorageError
        A paper could not be written.
    """
    bundle = open_list(root, name)
    folder = output or Workspace.at(root).results / FOLDER / bundle.list_id
    called = {"chair": "list", "agency": agency, "public": "public"}[reader]
    made = {
        folder / f"{called}.{form}": make_paper(bundle, form, reader=reader, agency=agency)
        for form in forms or READERS[reader]
    }
    guides = make_guides(bundle, forms or READERS[reader], reader=reader)
    made |= {folder / f"{called}.{ending}": guide for ending, guide in guides.items()}
    for path, content in made.items():
        write_whole(path, content)
    return tuple(made)
