"""The papers of a list that stands, in the forms that somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from triage.errors import StorageError
from triage.papers import READERS, make_guides, make_paper
from triage.workflows.lists import open_list
from triage.workspace import Workspace, write_files, write_folder

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

    In a folder that is not there yet, they appear all at once; in one that is, each by itself when
    all are made.

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
        form: make_paper(bundle, form, reader=reader, agency=agency)
        for form in forms or READERS[reader]
    }
    made |= make_guides(bundle, forms or READERS[reader], reader=reader)
    _write(folder, {f"{called}.{ending}": content for ending, content in made.items()})
    return tuple(folder / f"{called}.{ending}" for ending in made)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, all at once with it where there is none yet, else each whole."""
    if not folder.exists():
        try:
            with write_folder(folder) as part:
                for name, content in files.items():
                    (part / name).write_bytes(content)
            return
        except StorageError:
            if not folder.exists():  # else somebody else was quicker
                raise
    write_files({folder / name: content for name, content in files.items()})
