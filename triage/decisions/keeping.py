"""Recording decisions with their row of the ledger, reading them, and finding what was changed."""

from __future__ import annotations

import datetime
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from triage.decisions.deciding import Content, Decision, Wanted
from triage.ledger import Entry, Fault, Record

if TYPE_CHECKING:
    from triage.decisions.models import DecisionContent, DecisionRow

__all__ = ["APP", "GUARDS", "Decisions"]

APP = "triage.decisions"
"""What :func:`triage.ledger.open_record` must know of this room."""

GUARDS = {"decisions_row": False, "decisions_content": True}
"""Its tables → whether their rows may be removed."""

STAYS = (
    "number",
    "list_id",
    "seal",
    "referral_id",
    "choice",
    "rank",
    "standing",
    "corrects",
    "recorded_at",
    "recorded_by",
    "content_sha256",
)


class Decisions:
    """The decisions of a record that is open.

    Parameters
    ----------
    record : Record
    """

    def __init__(self, record: Record) -> None:
        self._record = record

    def take(
        self,
        list_id: str,
        seal: str,
        entry: Entry,
        choose: Callable[[Sequence[Decision]], Sequence[Wanted]],
    ) -> tuple[Decision, ...]:
        """Record decisions on a list, and the ledger's row of it: all of them, or nothing.

        Parameters
        ----------
        list_id, seal : str
        entry : Entry
            What the ledger's row shall say; its details are added to.
        choose : callable
            Given all earlier decisions on the list, returns what is to be recorded. Nobody else
            can write meanwhile.

        Returns
        -------
        tuple of Decision
            Nothing is written where there is none.
        """
        with self._record.writing():
            wanted = choose(self.of_list(list_id))
            if not wanted:
                return ()
            last = self._rows().order_by("-number").first()
            first = 1 if last is None else last.number + 1
            made = [
                self._made(first + place, one, list_id, seal, entry)
                for place, one in enumerate(wanted)
            ]
            row = self._record.append(
                replace(
                    entry,
                    details={
                        **entry.details,
                        "list": list_id,
                        "seal": seal,
                        "decisions": [stays["number"] for stays, _ in made],
                        "referrals": [stays["referral_id"] for stays, _ in made],
                        "met_on": sorted(
                            {stays["met_on"] for stays, _ in made if "met_on" in stays}
                        ),
                        "sha256": _sha256([stays for stays, _ in made]),
                    },
                )
            )
            for stays, goes in made:
                self._rows().create(**stays, ledger_row=row.sequence)
                self._contents().create(number=stays["number"], **goes)
            recorded = {stays["number"] for stays, _ in made}
            return tuple(one for one in self.of_list(list_id) if one.number in recorded)

    def _made(
        self, number: int, one: Wanted, list_id: str, seal: str, entry: Entry
    ) -> tuple[dict[str, Any], dict[str, str]]:
        salt, text = secrets.token_hex(16), _text(one.content)
        stays = {
            "number": number,
            "list_id": list_id,
            "seal": seal,
            "referral_id": one.referral_id,
            "choice": one.choice,
            "rank": one.rank,
            "standing": one.standing,
            "corrects": one.corrects,
            "recorded_at": entry.at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
            "recorded_by": entry.who,
            "content_sha256": _content_sha256(salt, text),
        }
        if one.met_on is not None:
            stays["met_on"] = one.met_on.isoformat()
        return stays, {"person_id": one.content.person_id, "salt": salt, "text": text}

    def of_list(self, list_id: str) -> tuple[Decision, ...]:
        """Return every decision on a list, corrected ones too, in the order of recording."""
        return self._read(list_id=list_id)

    def of_all(self) -> tuple[Decision, ...]:
        """Return every decision, corrected ones too, in the order of recording."""
        return self._read()

    def of_person(self, person_id: str) -> tuple[Decision, ...]:
        """Return every decision on a person that was not erased."""
        return tuple(one for one in self._read() if one.wanted.content.person_id == person_id)

    def _read(self, **wanted: Any) -> tuple[Decision, ...]:
        with self._record.told():
            rows = list(self._rows().filter(**wanted).order_by("number"))
            numbers = [row.number for row in rows] if wanted else None
            contents = self._contents().all()
            if numbers is not None:
                contents = contents.filter(number__in=numbers)
            by_number = {content.number: content for content in contents}
        return tuple(_decision(row, by_number.get(row.number)) for row in rows)

    def erase(self, person_id: str) -> list[int]:
        """Remove the content of every decision on a person; return their numbers.

        What stays names no person. Call it within :meth:`triage.ledger.Record.writing`.
        """
        found = self._contents().filter(person_id=person_id)
        numbers = sorted(found.values_list("number", flat=True))
        found.delete()
        return list(numbers)

    def faults(self) -> list[Fault]:
        """Return what is wrong with the decisions, held against the ledger."""
        with self._record.told():
            rows = list(self._rows().order_by("number"))
            contents = {content.number: content for content in self._contents().all()}
        by_row: dict[int, list[DecisionRow]] = {}
        for row in rows:
            by_row.setdefault(row.ledger_row, []).append(row)
        erased: set[int] = set()
        found: list[Fault] = []
        for ledger_row in self._record.rows():
            if not ledger_row.is_whole:
                by_row.pop(ledger_row.sequence, None)  # nobody can tell what it said
                continue
            facts = ledger_row.facts
            erased |= set(facts.get("decisions_erased", ()))
            if "decisions" in facts and ledger_row.stage == "done":
                own = by_row.pop(ledger_row.sequence, [])
                if _sha256([_stays(row) for row in own]) != facts.get("sha256"):
                    found.append(
                        Fault(
                            f"the decisions of row {ledger_row.sequence}",
                            "are not what was recorded: one was changed, removed or added",
                        )
                    )
        found += [
            Fault(f"decision {row.number}", "is in no row of the ledger: it was added by hand")
            for own in by_row.values()
            for row in own
        ]
        found += list(_content_faults(rows, contents, erased))
        return found

    def _rows(self) -> Any:
        return self._table("DecisionRow")

    def _contents(self) -> Any:
        return self._table("DecisionContent")

    def _table(self, name: str) -> Any:
        from django.apps import apps

        model = cast("type[DecisionRow]", apps.get_model("decisions", name))
        return model._default_manager.using(self._record.alias)


def _content_faults(
    rows: Sequence[DecisionRow], contents: dict[int, DecisionContent], erased: set[int]
) -> Iterator[Fault]:
    for row in rows:
        content = contents.pop(row.number, None)
        where = f"the content of decision {row.number}"
        if content is None and row.number not in erased:
            yield Fault(where, "is missing, and no erasure says so")
        elif content is not None and not _is_whole(content, row.content_sha256):
            yield Fault(where, "is not what was recorded: it was changed")
    for number in contents:
        yield Fault(f"the content of decision {number}", "belongs to no decision")


def _is_whole(content: DecisionContent, sha256: str) -> bool:
    if _content_sha256(content.salt, content.text) != sha256:
        return False
    return bool(json.loads(content.text)["person_id"] == content.person_id)


def _stays(row: DecisionRow) -> dict[str, Any]:
    """Return what is hashed of a row; of before it was asked when the panel met, without that."""
    met_on = {} if row.met_on is None else {"met_on": row.met_on}
    return {name: getattr(row, name) for name in STAYS} | met_on


def _decision(row: DecisionRow, content: DecisionContent | None) -> Decision:
    return Decision(
        number=row.number,
        list_id=row.list_id,
        seal=row.seal,
        wanted=Wanted(
            referral_id=row.referral_id,
            choice=row.choice,
            rank=row.rank,
            standing=row.standing,
            content=Content("", "") if content is None else _content(content.text),
            corrects=row.corrects,
            met_on=None if row.met_on is None else datetime.date.fromisoformat(row.met_on),
        ),
        recorded_at=datetime.datetime.fromisoformat(row.recorded_at),
        recorded_by=row.recorded_by,
        ledger_row=row.ledger_row,
        erased=content is None,
    )


def _text(content: Content) -> str:
    said = {
        name: value.isoformat() if isinstance(value, datetime.date) else value
        for name, value in vars(content).items()
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _content(text: str) -> Content:
    said = json.loads(text)
    until = said.pop("until")
    return Content(**said, until=datetime.date.fromisoformat(until) if until else None)


def _content_sha256(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _sha256(rows: Sequence[dict[str, Any]]) -> str:
    canonical = json.dumps(list(rows), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
