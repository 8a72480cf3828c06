"""Writing a list once, and reading it only as it was written."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic

from triage.errors import (
    FormatError,
    NotFoundError,
    Problem,
    StorageError,
    TamperedError,
    close_match,
)
from triage.lists.manifest import (
    FORMAT,
    AgainstFacts,
    Counts,
    Manifest,
    ModelFacts,
    PanelFacts,
    digest_of,
    name_of,
    seal_of_said,
)
from triage.lists.tables import (
    TABLES,
    ListTables,
    check_tables,
    parquet_bytes,
    parquet_table,
)
from triage.workspace import write_folder

__all__ = [
    "MANIFEST",
    "Announce",
    "Bundle",
    "ListContent",
    "Papers",
    "differing_files",
    "read_bundle",
    "read_seal",
    "write_bundle",
]

MANIFEST = "manifest.json"
SET_ASIDE = "set_aside"


@dataclass(frozen=True)
class ListContent:
    """All that a list is before it is written.

    Parameters
    ----------
    as_of : date
        The moment at which the question was asked.
    created_at : datetime
        Now, with its time zone; not part of the list's name.
    synthetic : bool
        Whether the data is invented.
    panel : PanelFacts
    model : ModelFacts
    code_version : str
    inputs, configs : mapping of str to str
        What was read (path in the workspace, or the label of a query) → its SHA-256.
    referrals_in : int
        How many open referrals came in, counted where they came in.
    tables : ListTables
    against : AgainstFacts or None
    """

    as_of: datetime.date
    created_at: datetime.datetime
    synthetic: bool
    panel: PanelFacts
    model: ModelFacts
    code_version: str
    inputs: Mapping[str, str]
    configs: Mapping[str, str]
    referrals_in: int
    tables: ListTables
    against: AgainstFacts | None = None


@dataclass(frozen=True)
class Bundle:
    """A list as it was written, every byte checked.

    Parameters
    ----------
    folder : Path
        Where it stands.
    manifest : Manifest
    tables : ListTables
    """

    folder: Path
    manifest: Manifest
    tables: ListTables

    @property
    def list_id(self) -> str:
        """The list's name: as-of date and eight digits."""
        return self.manifest.list_id

    def find_referral(self, referral_id: str) -> str:
        """Return the id under which a referral that came in to this list is told.

        That is its own, or that of the referral of the same person within whose place it stands.

        Raises
        ------
        NotFoundError
            With a close match, if there is one.
        """
        joined, lead = (self.tables.joined[name].to_pylist() for name in ("referral_id", "case_id"))
        cases: dict[str, str] = dict(zip(joined, lead, strict=True))
        known = [
            *self.tables.referrals["referral_id"].to_pylist(),
            *self.tables.not_for_panel["referral_id"].to_pylist(),
            *cases,
        ]
        if referral_id not in known:
            raise NotFoundError(
                Problem(
                    f"list {self.list_id}",
                    f"has no referral '{referral_id}'",
                    f"{len(known)} other referrals",
                    close_match(referral_id, known)
                    or f"'triage show {self.list_id}' lists them all.",
                )
            )
        return cases.get(referral_id, referral_id)


Announce = Callable[[Manifest], None]
"""Is told of a list before it appears."""

Papers = Callable[[Bundle], Mapping[str, bytes]]
"""Makes a list's papers: file name → bytes, from the bundle's tables and manifest alone, without
its ``created_at`` and ``papers``."""


def write_bundle(
    lists_folder: Path,
    content: ListContent,
    papers: Papers,
    announce: Announce = lambda _manifest: None,
) -> Bundle:
    """Write a list, or find that it already stands just so.

    Parameters
    ----------
    lists_folder : Path
        The workspace's ``lists/``.
    content : ListContent
    papers : callable
        Makes the papers from the bundle.
    announce : callable, optional
        Called before the list appears, and not where it stands.

    Returns
    -------
    Bundle
        As it now stands in ``lists_folder``.

    Raises
    ------
    IncompleteListError
        The list breaks a law (an error of the engine).
    StorageError
        It could not be written, or a list of this name stands with other bytes: something that
        is not among the hashed inputs has changed.
    TamperedError
        A list of this name stands and was changed by hand.
    """
    check_tables(content.tables, content.referrals_in)
    manifest, files = _files(content, papers, lists_folder)
    folder = lists_folder / manifest.list_id
    if not folder.exists():
        try:
            _write(folder, manifest, files, announce)
        except StorageError:
            if not folder.exists():
                raise
    standing = read_bundle(folder)
    _check_same(standing.manifest, manifest)
    return standing


def differing_files(standing: Bundle, content: ListContent, papers: Papers) -> tuple[str, ...]:
    """Return the files of a list that stands which come out with other bytes when made again.

    Parameters
    ----------
    standing : Bundle
    content : ListContent
        As it is made now.
    papers : callable
    """
    check_tables(content.tables, content.referrals_in)
    made, _ = _files(content, papers, standing.folder.parent)
    return _different(standing.manifest, made)


def _different(standing: Manifest, made: Manifest) -> tuple[str, ...]:
    before, now = {**standing.tables, **standing.papers}, {**made.tables, **made.papers}
    names = sorted(before.keys() | now.keys())
    return tuple(name for name in names if before.get(name) != now.get(name))


def _files(
    content: ListContent, papers: Papers, lists_folder: Path
) -> tuple[Manifest, Mapping[str, bytes]]:
    tables = {f"{name}.parquet": parquet_bytes(getattr(content.tables, name)) for name in TABLES}
    manifest = _manifest(content, {name: _sha256(file) for name, file in tables.items()})
    bundle = Bundle(lists_folder / manifest.list_id, manifest, _read_tables(tables))
    made = dict(papers(bundle))
    sealed = manifest.sealed({name: _sha256(made[name]) for name in sorted(made)})
    return sealed, {**tables, **made}


def _manifest(content: ListContent, tables: dict[str, str]) -> Manifest:
    digest = digest_of(
        as_of=content.as_of,
        inputs=content.inputs,
        configs=content.configs,
        model=content.model,
        code_version=content.code_version,
    )
    kinds = content.tables.not_for_panel["kind"].to_pylist()
    set_aside = kinds.count(SET_ASIDE)
    return Manifest(
        format=FORMAT,
        list_id=name_of(content.as_of, digest),
        digest=digest,
        as_of=content.as_of,
        created_at=content.created_at,
        synthetic=content.synthetic,
        panel=content.panel,
        model=content.model,
        code_version=content.code_version,
        inputs=dict(content.inputs),
        configs=dict(content.configs),
        counts=Counts(
            referrals_in=content.referrals_in,
            ranked=content.tables.referrals.num_rows,
            not_for_panel=len(kinds) - set_aside,
            set_aside=set_aside,
            joined=content.tables.joined.num_rows,
        ),
        against=content.against,
        tables=tables,
    )


def _write(
    folder: Path, manifest: Manifest, files: Mapping[str, bytes], announce: Announce
) -> None:
    with write_folder(folder) as part:
        for name, file in files.items():
            (part / name).write_bytes(file)
        (part / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        announce(manifest)


def _check_same(standing: Manifest, made: Manifest) -> None:
    if standing.seal == made.seal:
        return
    different = _different(standing, made)
    raise StorageError(
        Problem(
            standing.list_id,
            "a list of this name already stands, made from the same inputs, configuration, model "
            "and code",
            f"other bytes in {', '.join(different) or MANIFEST}",
            "Something that is not hashed has changed, such as the version of a library. The list "
            "that stands is intact; keep it, or move it away to write a new one.",
        )
    )


def read_bundle(folder: Path) -> Bundle:
    """Return a list after checking every byte of it.

    Parameters
    ----------
    folder : Path
        The list's folder (see :func:`triage.lists.find_list`).

    Raises
    ------
    NotFoundError
        There is no list.
    FormatError
        It is whole, and of a format that only another version of this program reads.
    TamperedError
        With every file that is missing, changed or was put there later.
    """
    manifest = _read_manifest(folder)
    files = _read_files(folder, {**manifest.tables, **manifest.papers})
    return Bundle(folder, manifest, _read_tables(files))


def read_seal(folder: Path) -> str:
    """Return the seal of a list, of whatever format, after checking every byte of it.

    Raises
    ------
    NotFoundError, TamperedError
        As of :func:`read_bundle`.
    """
    said = _said(folder)
    _read_files(folder, {**said["tables"], **said["papers"]})
    return str(said["seal"])


def _read_files(folder: Path, expected: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return the files of a list that are what its manifest says, no other beside them."""
    problems = [
        _touched(folder, file.name, "was put there after the list was written")
        for file in sorted(folder.iterdir())
        if file.name not in expected and file.name != MANIFEST
    ]
    files: dict[str, bytes] = {}
    for name, sha256 in expected.items():
        try:
            files[name] = (folder / name).read_bytes()
        except OSError:
            problems.append(_touched(folder, name, "is missing or cannot be read"))
            continue
        if _sha256(files[name]) != sha256:
            problems.append(_touched(folder, name, "is not what was written"))
    if problems:
        raise TamperedError(problems)
    return files


def _said(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a list says, whatever its format, its seal checked."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except OSError:
        raise NotFoundError(
            Problem(
                str(folder.name),
                f"must be a list's folder with a {MANIFEST}",
                "none",
                "Make a list with 'triage rank --as-of DATE'.",
            )
        ) from None
    try:
        said = dict(json.loads(content))
        whole = said["list_id"] == folder.name and seal_of_said(said) == said["seal"]
        known = isinstance(said["format"], int) and {**said["tables"], **said["papers"]}
    except (ValueError, KeyError, TypeError):
        raise TamperedError(_touched(folder, MANIFEST, "is not what was written")) from None
    if not whole or not known:
        raise TamperedError(
            _touched(folder, MANIFEST, "is not what was written, or the folder was renamed")
        )
    return said


def _read_manifest(folder: Path) -> Manifest:
    said = _said(folder)
    if said["format"] != FORMAT:
        _read_files(folder, {**said["tables"], **said["papers"]})
        raise FormatError(_of_another_format(folder, said))
    try:
        manifest = Manifest.model_validate_json(json.dumps(said))
    except pydantic.ValidationError:
        raise TamperedError(_touched(folder, MANIFEST, "is not what was written")) from None
    if set(manifest.tables) != {f"{name}.parquet" for name in TABLES}:
        raise TamperedError(_touched(folder, MANIFEST, "names other tables than a list has"))
    return manifest


def _of_another_format(folder: Path, said: Mapping[str, Any]) -> Problem:
    made_in, made_by = said["format"], said.get("code_version", "of no version that it names")
    reader = "an earlier" if made_in < FORMAT else "a later"
    return Problem(
        f"list {folder.name}",
        f"must be of format {FORMAT}, which this program reads and writes",
        f"format {made_in}, made by code {made_by}; every byte is as it was written",
        f"To read or replay it, take the program of that code version, or {reader} one that reads "
        f"format {made_in}. 'triage rank --as-of DATE' makes a list of the same date which this "
        "program reads, and keeps the one that stands.",
    )


def _read_tables(files: Mapping[str, bytes]) -> ListTables:
    return ListTables(**{name: parquet_table(files[f"{name}.parquet"]) for name in TABLES})


def _touched(folder: Path, name: str, what: str) -> Problem:
    return Problem(
        f"{folder.name}/{name}",
        what,
        mend="Do not use this list; make it again with 'triage rank', or restore the folder.",
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
