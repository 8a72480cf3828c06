"""The audit pack of a list: all that an auditor is handed, in one folder, whole or not at all."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.decisions import Decisions, current_of
from triage.errors import (
    ExtractError,
    LearningError,
    NotFoundError,
    Problem,
    RejectedRowsError,
    StorageError,
    TamperedError,
)
from triage.ledger import Record, Row
from triage.lists import Bundle, read_bundle
from triage.papers import (
    AuditFacts,
    Card,
    Replay,
    algo_care,
    atrs_markdown,
    atrs_page,
    card_markdown,
    card_page,
    contents_page,
    explanations,
    ledger_csv,
    list_page,
    no_card_page,
    outside_words,
    replay_page,
    told_markdown,
    told_page,
)
from triage.workflows.auditing import Replayed, replay_list
from triage.workflows.cards import card_of
from triage.workflows.fairness import fairness_files, measured_on_list
from triage.workflows.lists import open_list
from triage.workflows.recording import Use
from triage.workspace import FILE_MODE, FOLDER_MODE, write_folder

if TYPE_CHECKING:
    from triage.workflows.progress import Progress
    from triage.workflows.project import Project

__all__ = ["Packed", "write_audit_pack"]

FOLDER = "packs"
FORMAT = 1
CONTENTS, MANIFEST, SUMS = "contents.html", "manifest.json", "SHA256SUMS"
TOLD_IDS = (
    "list",
    "seal",
    "sha256",
    "referrals",
    "decisions",
    "decisions_erased",
    "corrects",
    "met_on",
    "as_of",
    "version",
    "for",
    "forms",
    "recipients",
    "same",
    "error",
)
"""What the extract tells of a ledger's row: ids, dates, names of papers and who got them."""

WHAT = {
    "card": "Model card",
    "atrs": "Transparency record (ATRS)",
    "replay": "What came of replaying it",
    "explanations": "The ICO’s six explanations",
    "algo-care": "ALGO-CARE checklist",
    "ledger": "Its uses on record, by ids",
    "fairness": "Groups at the cut",
}


WHAT_OF_LISTS = {
    "list.html": "The list, to read",
    "list.csv": "The list, a row a referral",
    "list.columns.html": "What each column of that holds",
    "list.json": "The list, for programs",
    "list.schema.json": "The JSON Schema of that",
    "manifest.json": "What it was made from; its seal",
}


@dataclass(frozen=True)
class Packed:
    """An audit pack that was written.

    Parameters
    ----------
    folder : Path
    list_id : str
    files : int
        How many it holds.
    replay : Replay
    no_card : str
        Why there is no card in it; empty where there is one.
    """

    folder: Path
    list_id: str
    files: int
    replay: Replay
    no_card: str


def write_audit_pack(
    project: Project,
    name: str,
    *,
    output: Path | None,
    today: datetime.date,
    progress: Progress,
    use: Use,
) -> Packed:
    """Write the audit pack of a list: one folder, whole or not at all.

    It holds the list as it stands, the card and transparency record of the model that ordered it,
    what is measured of groups at its cut, the ledger's rows on it, the result of making it again,
    six explanations, a checklist, and contents with the hash of each file. All but the ledger's
    rows, and the hashes of those, come out the same whenever it is made of the same.

    Parameters
    ----------
    project : Project
    name : str
        The list's name, its as-of date, or ``latest``.
    output : Path, optional
        A new folder; by default ``results/packs/`` and the list's name.
    today : date
        Rows of extracts with a date after it are rejected.
    progress : Progress
    use : Use
        Of the ledger, which is told what was written.

    Raises
    ------
    NotFoundError
        There is no such list.
    TamperedError, FormatError
        The list was changed, or is one of another version of this program.
    StorageError
        The folder stands already, or could not be written.
    """
    bundle = open_list(project.workspace.root, name)
    folder = output or project.workspace.results / FOLDER / bundle.list_id
    _require_new(folder)
    use.add(seal=bundle.manifest.seal)
    replay = _replay(replay_list(project, bundle.list_id, progress=progress))
    measured, told_of_groups = _groups(project, bundle, today, progress)
    progress.stage("Writing the audit pack")
    card, no_card = _card(project, bundle)
    choices, departures = _decided(use.record, bundle.list_id)
    facts = AuditFacts(
        page=list_page(bundle),
        card=card,
        no_card=no_card,
        replay=replay,
        fairness=told_of_groups,
        decided=choices,
        departures=departures,
    )
    ledger = ledger_csv(_ledger_rows(use.record, bundle.list_id))
    papers = measured | dict(_papers(facts, ledger))
    with write_folder(folder) as part:
        _copy(bundle, part / bundle.list_id)
        for path, content in papers.items():
            (part / path).write_bytes(content)
        n_files = _seal(part, facts)
        use.add(same=replay.same, files=n_files, sha256=_sha256((part / SUMS).read_bytes()))
    return Packed(folder, bundle.list_id, n_files, replay, no_card)


def _require_new(folder: Path) -> None:
    if folder.exists():
        raise StorageError(
            Problem(
                str(folder),
                "an audit pack is written to a new folder, and never over another",
                "something stands there already",
                "Name another folder: --output DIR.",
            )
        )


def _replay(done: Replayed) -> Replay:
    found = [*done.causes, *(("file", name, "other bytes") for name in done.differing or ())]
    return Replay(done.differing == (), done.files, found)


def _card(project: Project, bundle: Bundle) -> tuple[Card | None, str]:
    """Return the card of the model that ordered a list, or why there is none."""
    model = bundle.manifest.model
    if model.role == "fallback":
        return None, (
            "No model ordered this list: no version was approved. It was ordered by the panel’s "
            f"rules, and among equals by “{model.title}”, a comparator whose points people set."
        )
    try:
        card = card_of(project, int(model.version))
    except (NotFoundError, TamperedError) as error:
        told = error.problems[0]
        return None, f"No card can be made of version {model.version}: {told.where} {told.must}."
    if card.sha256 != model.sha256:
        return None, (
            f"No card can be told: version {model.version} of the registry is not the model that "
            "ordered this list, by its hash."
        )
    return card, ""


def _groups(
    project: Project, bundle: Bundle, today: datetime.date, progress: Progress
) -> tuple[dict[str, bytes], Sequence[str]]:
    """Return what is measured of groups at a list's cut, as files and in sentences."""
    try:
        report = measured_on_list(project, bundle.list_id, today=today, progress=progress)
    except (ExtractError, LearningError, NotFoundError, RejectedRowsError) as error:
        return {}, [f"Groups could not be measured at the cut of this list. {error.problems[0]}"]
    counts = [report.count(one) for one in ("outside", "within", "too few to tell")]
    told = [
        "Measures of groups at the cut of this list: {} outside their tolerance, {} within, {} of "
        "too few to tell. They stand in fairness.html.".format(*counts),
        *report.notes,
        *(f"Outside tolerance: {outside_words(report, one)}" for _, one in report.outside),
    ]
    files = fairness_files(report).items()
    return {name: one.encode() if isinstance(one, str) else one for name, one in files}, told


def _decided(record: Record, list_id: str) -> tuple[Mapping[str, int], int]:
    """Return what was decided on a list and how often, and how often not as ranked."""
    standing = current_of(Decisions(record).of_list(list_id)).values()
    choices = Counter(one.wanted.choice for one in standing)
    return dict(sorted(choices.items())), sum(one.wanted.departs for one in standing)


def _papers(facts: AuditFacts, ledger: str) -> Iterator[tuple[str, bytes]]:
    told = {
        "explanations": explanations(facts),
        "algo-care": algo_care(facts),
        "replay": replay_page(facts),
    }
    if facts.card is None:
        told |= {"card": no_card_page(facts, "Model card")}
        told |= {"atrs": no_card_page(facts, "Transparency record")}
    else:
        yield "card.html", card_page(facts.card)
        yield "card.md", card_markdown(facts.card).encode()
        yield "atrs.html", atrs_page(facts.card)
        yield "atrs.md", atrs_markdown(facts.card).encode()
    for name, page in told.items():
        yield f"{name}.html", told_page(page)
        yield f"{name}.md", told_markdown(page).encode()
    yield "replay.json", _json(vars(facts.replay))
    yield "ledger.csv", ledger.encode()


def _ledger_rows(record: Record, list_id: str) -> Iterator[dict[str, str | int]]:
    """Yield the rows that name a list, and those that began or ended what they tell of."""
    rows = list(record.rows())
    named = [row for row in rows if _names(row.facts, list_id)]
    wanted = {row.sequence for row in named} | {row.begun for row in named}
    for row in rows:
        if row.sequence in wanted or row.begun in wanted - {None}:
            yield _extracted(row, row.facts)


def _names(facts: Mapping[str, Any], list_id: str) -> bool:
    return facts.get("list") == list_id or list_id in facts.get("resealed", ())


def _extracted(row: Row, facts: Mapping[str, Any]) -> dict[str, str | int]:
    ids = {name: facts[name] for name in TOLD_IDS if name in facts}
    return {
        "row": row.sequence,
        "at": row.at,
        "who": row.who,
        "account": row.account,
        "command": row.command,
        "actions": row.actions,
        "stage": row.stage,
        "begun_in_row": "" if row.begun is None else row.begun,
        "ids": json.dumps(ids, sort_keys=True),
        "previous": row.previous,
        "sha256": row.sha256,
    }


def _copy(bundle: Bundle, to: Path) -> None:
    """Copy a list, every byte of the copy checked."""
    to.mkdir(mode=FOLDER_MODE)
    for path in sorted(bundle.folder.iterdir()):
        (to / path.name).write_bytes(path.read_bytes())
    if read_bundle(to).manifest.seal != bundle.manifest.seal:
        raise TamperedError(
            Problem(f"list {bundle.list_id}", "was changed while it was being copied")
        )


def _seal(part: Path, facts: AuditFacts) -> int:
    """Write the contents of a pack, its manifest and the hashes; return how many files it holds."""
    hashed = {path: (_what(path), sha256) for path, sha256 in _hashes(part).items()}
    (part / CONTENTS).write_bytes(told_page(contents_page(facts, hashed)))
    manifest = facts.page.manifest
    (part / MANIFEST).write_bytes(
        _json(
            {
                "format": FORMAT,
                "list": manifest.list_id,
                "seal": manifest.seal,
                "as_of": manifest.as_of.isoformat(),
                "synthetic": manifest.synthetic,
                "replays": facts.replay.same,
                "files": {
                    path: {"what": _what(path), "sha256": sha256}
                    for path, sha256 in _hashes(part).items()
                },
            }
        )
    )
    sums = _hashes(part)
    lines = (f"{sha256}  {path}\n" for path, sha256 in sums.items())
    (part / SUMS).write_text("".join(lines), encoding="utf-8")
    for path in part.rglob("*"):
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
    return len(sums) + 1


def _hashes(part: Path) -> dict[str, str]:
    """Return path → SHA-256 of every file, those of the pack itself first."""
    found = {path.relative_to(part).as_posix(): path for path in part.rglob("*") if path.is_file()}
    order = sorted(found, key=lambda name: (name.count("/"), name))
    return {name: _sha256(found[name].read_bytes()) for name in order}


def _what(path: str) -> str:
    folder, _, name = path.rpartition("/")
    if folder:
        return WHAT_OF_LISTS.get(name, "A table of it")
    return WHAT.get(path.partition(".")[0], "What this folder holds")


def _json(content: Mapping[str, object] | dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
