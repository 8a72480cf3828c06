"""From extracts to case histories: read, mapped, checked, joined."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from triage.conditions import UNKNOWN_DAY, Answer, Answers, Days, Numbers
from triage.errors import ConfigurationError, ExtractError, Problem, TriageError
from triage.records.cells import Cells, Extract, Rows
from triage.records.checking import (
    Draft,
    People,
    check_against_people,
    check_draft,
    check_ids_elsewhere,
)
from triage.records.extracts import input_label, read_extract
from triage.records.histories import (
    CaseHistories,
    events_schema,
    people_schema,
    referrals_schema,
)
from triage.records.mapping import Values, filled, map_cells
from triage.records.ordering import order_of
from triage.records.report import (
    REJECT_TYPES,
    Checked,
    CheckReport,
    Fault,
    RejectedReferral,
    SourceCheck,
)
from triage.records.sources import CanonicalColumn, Source, canonical_columns
from triage.records.vocabulary import Vocabulary
from triage.workspace import Workspace

__all__ = ["read_histories"]

TABLES = ("people", "events", "referrals")
EPOCH = datetime.date(1970, 1, 1)
BROKEN_MEND = "Check the delimiters and quotes of this row."


def read_histories(
    workspace: Workspace,
    vocabulary: Vocabulary,
    sources: Sequence[Source],
    today: datetime.date,
    *,
    environment: Mapping[str, str] = os.environ,
) -> Checked:
    """Return the case histories that a workspace's extracts hold, and what became of every row.

    The order of rows in an extract does not matter, save that of two rows with one id the first
    is kept.

    Parameters
    ----------
    workspace : Workspace
        Paths of extracts are looked for from its folder.
    vocabulary : Vocabulary
    sources : sequence of Source
        Of :func:`read_sources`.
    today : date
        A fact from after this day is rejected.
    environment : mapping of str to str
        Where variables that source files name are looked up.

    Raises
    ------
    ConfigurationError
        A source file names an environment variable that is not set.
    ExtractError
        With every problem that keeps an extract from being read at all.
    """
    ordered = sorted(sources, key=lambda source: source.name)
    drafts = _drafts(ordered, vocabulary, workspace, environment)
    for draft in drafts:
        draft.findings += check_draft(draft, today)
    by_table = {table: [d for d in drafts if d.source.form.table == table] for table in TABLES}
    people, warnings = _joined_people(by_table["people"], vocabulary)
    _check_rows_of_people(by_table, people)
    histories = CaseHistories(
        people=people,
        events=_joined(by_table["events"], events_schema(vocabulary), vocabulary),
        referrals=_joined(by_table["referrals"], referrals_schema(vocabulary), vocabulary).sort_by(
            "referral_id"
        ),
        vocabulary=vocabulary,
    )
    from triage.records.gate import check_canonical  # pandera takes a second to import

    check_canonical(histories, today)
    report = CheckReport(
        sources=tuple(_source_check(draft) for draft in drafts),
        people=histories.people.num_rows,
        events=histories.events.num_rows,
        referrals=histories.referrals.num_rows,
        warnings=(*(w for draft in drafts for w in draft.extract.warnings), *warnings),
    )
    return Checked(
        histories,
        report,
        _rejects(drafts),
        {input_label(draft.source): draft.extract.sha256 for draft in drafts},
        tuple(one for draft in by_table["referrals"] for one in _rejected_referrals(draft)),
    )


def _drafts(
    sources: Iterable[Source],
    vocabulary: Vocabulary,
    workspace: Workspace,
    environment: Mapping[str, str],
) -> list[Draft]:
    """Return every source's draft, or raise with the problems of all of them."""
    drafts: list[Draft] = []
    failures: list[TriageError] = []
    for source in sources:
        columns = canonical_columns(source.form.table, vocabulary)
        ids = frozenset(
            mapped.column
            for name, mapped in source.form.columns.items()
            if columns[name].kind == "id"
        )
        try:
            extract = read_extract(source, ids, root=workspace.root, environment=environment)
        except (ConfigurationError, ExtractError) as failure:
            failures.append(failure)
            continue
        drafts.append(_draft(source, extract, columns))
    if failures:
        problems: list[Problem] = [p for failure in failures for p in failure.problems]
        kind = type(failures[0])
        raise kind(problems) from None
    return drafts


def _draft(source: Source, extract: Extract, columns: Mapping[str, CanonicalColumn]) -> Draft:
    form = source.form
    rows = np.flatnonzero(_wanted(extract, form.where))
    draft = Draft(source, dataclasses.replace(extract, cells={}), rows, {})
    for name, canonical in columns.items():
        if name in form.columns:
            cells = extract.cells[form.columns[name].column].take(rows)
            mapped = map_cells(canonical, form.columns[name], cells, source_file=source.file)
            draft.columns[name] = mapped.column
            draft.findings += mapped.findings
            draft.notes += mapped.notes
        else:
            draft.columns[name] = filled(canonical, form.defaults.get(name), len(rows))
    if form.where and not len(rows):
        draft.notes.append("no row is for this source; check 'where'")
    return draft


def _wanted(extract: Extract, where: Mapping[str, Sequence[str]]) -> npt.NDArray[np.bool_]:
    wanted = np.ones(len(extract.lines), dtype=bool)
    for name, values in where.items():
        cells = extract.cells[name]
        fits = np.asarray(pc.is_in(cells.texts, pa.array(list(values), pa.string())), dtype=bool)
        wanted &= cells.spread(fits, np.False_)
    return wanted


def _check_rows_of_people(by_table: Mapping[str, Sequence[Draft]], people: pa.Table) -> None:
    known = people.column("person_id").combine_chunks()
    named = [draft.ids.texts for draft in by_table["people"]]
    named_ids = pa.concat_arrays(named).unique()
    whom = People(
        ids=known,
        births=_day_numbers(people.column("birth_date")),
        rejected=named_ids.filter(pc.invert(pc.is_in(named_ids, known))),
    )
    for table in ("events", "referrals"):
        for draft in by_table[table]:
            draft.findings += check_against_people(draft, whom)
    referrals = by_table["referrals"]
    for position, draft in enumerate(referrals):
        for earlier in referrals[:position]:
            draft.findings += check_ids_elsewhere(draft, earlier)


def _joined(drafts: Sequence[Draft], schema: pa.Schema, vocabulary: Vocabulary) -> pa.Table:
    """Return the accepted rows of drafts, one after another, each sorted by id."""
    tables = [_canonical(draft, schema, vocabulary) for draft in drafts]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _canonical(draft: Draft, schema: pa.Schema, vocabulary: Vocabulary) -> pa.Table:
    form = draft.source.form
    rows = _in_order(draft, np.flatnonzero(draft.accepted()))
    arrays = {name: _array(values, rows) for name, values in draft.columns.items()}
    if "agency" in arrays:
        arrays["agency"] = pc.fill_null(arrays["agency"], form.agency)
    if form.table == "events":
        arrays["known_on"] = _array(_known_on(draft), rows)
        arrays["withdrawn"] = pc.equal(arrays["withdrawn"], int(Answer.YES))
        types = draft.names("type")
        kinds = {name: event_type.kind for name, event_type in vocabulary.types.items()}
        classes = {name: event_type.harm_class for name, event_type in vocabulary.types.items()}
        arrays["source"] = pa.repeat(pa.scalar(draft.source.name, pa.string()), len(rows))
        arrays["kind"] = _array(_looked_up(types, kinds), rows)
        harm_class = _array(_looked_up(types, classes), rows)
        arrays["harm_class"] = pc.coalesce(arrays["harm_class"], harm_class)
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def _in_order(draft: Draft, accepted: Rows) -> Rows:
    """Return the rows by their ids, and versions of one event by their known dates."""
    ranks = np.empty(len(draft.ids.texts), dtype=np.int64)
    ranks[order_of(draft.ids.texts)] = np.arange(len(ranks))
    keys = ranks[draft.ids.codes[accepted]]
    if draft.source.form.table == "events":
        keys = (keys << 32) + draft.days("known_on")[accepted]
    return accepted[np.argsort(keys)]


def _known_on(draft: Draft) -> Days:
    """Return known dates, by the declared lag where the extract has none."""
    known, happened = draft.days("known_on"), draft.days("happened_on")
    lag = draft.source.form.known_lag_days
    if lag is None:
        return Days(known)
    missing = (known == UNKNOWN_DAY) & (happened != UNKNOWN_DAY)
    return Days(np.where(missing, happened + np.int32(lag), known))


def _array(values: Values, rows: Rows) -> pa.Array:
    match values:
        case Cells(codes, texts):
            chosen = codes[rows]
            return texts.take(pa.array(chosen, mask=chosen < 0))
        case Days(days):
            chosen = days[rows]
            return pa.array(chosen, pa.int32(), mask=chosen == UNKNOWN_DAY).view(pa.date32())
        case Numbers(numbers):
            return pa.array(numbers[rows], from_pandas=True)
        case Answers(answers):
            return pa.array(answers[rows], pa.int8())


def _looked_up(names: Cells, found: Mapping[str, str | None]) -> Cells:
    texts = pa.array([found[name] for name in names.texts.to_pylist()], pa.string())
    return Cells(names.codes, texts)


def _day_numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    days: npt.NDArray[np.int32] = column.cast(pa.int32()).fill_null(UNKNOWN_DAY).to_numpy()
    return days


def _joined_people(
    drafts: Sequence[Draft], vocabulary: Vocabulary
) -> tuple[pa.Table, tuple[str, ...]]:
    """Return every person once, column by column from the first source that knows a value."""
    schema = people_schema(vocabulary)
    tables = [_canonical(draft, schema, vocabulary) for draft in drafts]
    if len(tables) == 1:
        return tables[0], ()
    ids = pa.concat_arrays([t.column("person_id").combine_chunks() for t in tables]).unique()
    ids = ids.take(pc.sort_indices(ids))
    positions = [pc.index_in(ids, table.column("person_id")) for table in tables]
    columns, warnings = [ids], []
    for field in list(schema)[1:]:
        told = [
            table.column(field.name).combine_chunks().take(position)
            for table, position in zip(tables, positions, strict=True)
        ]
        column, disagreements = _first_known(told, is_answer=pa.types.is_int8(field.type))
        columns.append(column)
        warnings += [
            f"'{field.name}' of {count:,} person(s) differs in the source '{draft.source.name}' "
            "from an earlier one, whose value is kept"
            for draft, count in zip(drafts, disagreements, strict=True)
            if count
        ]
    return pa.table(columns, schema=schema), tuple(warnings)


def _first_known(told: Sequence[pa.Array], *, is_answer: bool) -> tuple[pa.Array, list[int]]:
    """Return the first known value of each row, and how often each array says another."""
    known = [_known_answers(array) if is_answer else array for array in told]
    column = pc.coalesce(*known)
    disagreements = [pc.sum(pc.not_equal(array, column)).as_py() or 0 for array in known]
    if is_answer:
        unknown = pc.coalesce(*(_only(array, Answer.UNKNOWN) for array in told))
        column = pc.coalesce(column, unknown, pa.scalar(int(Answer.NOT_ASKED), pa.int8()))
    return column, disagreements


def _known_answers(answers: pa.Array) -> pa.Array:
    return pc.if_else(pc.less(answers, int(Answer.UNKNOWN)), answers, pa.scalar(None, pa.int8()))


def _only(answers: pa.Array, answer: Answer) -> pa.Array:
    return pc.if_else(pc.equal(answers, int(answer)), answers, pa.scalar(None, pa.int8()))


def _source_check(draft: Draft) -> SourceCheck:
    accepted = draft.accepted()
    faults = Counter[tuple[str, str]]()
    for finding in draft.findings:
        faults[finding.column, finding.reason] += len(finding.rows)
    for _, reason in draft.extract.broken:
        faults["", reason] += 1
    ranked = sorted(faults.items(), key=lambda item: (-item[1], item[0]))
    n_rows, n_broken = len(draft.extract.lines), len(draft.extract.broken)
    by_lag = never = 0
    delay_days = None
    notes = draft.notes
    if draft.source.form.table == "events":
        notes = [*notes, *_told_of_versions(draft, accepted)]
        delay_days = _stated_delay_days(draft, accepted)
        missing = int((accepted & (draft.days("known_on") == UNKNOWN_DAY)).sum())
        by_lag, never = (0, missing) if draft.source.form.known_lag_days is None else (missing, 0)
    return SourceCheck(
        source=draft.source.name,
        file=draft.extract.shown,
        table=draft.source.form.table,
        agency=draft.source.form.agency,
        read=n_rows + n_broken,
        accepted=int(accepted.sum()),
        rejected=int((~accepted).sum()) + n_broken,
        not_for_this_source=n_rows - len(draft.rows),
        faults=tuple(Fault(column, reason, rows) for (column, reason), rows in ranked),
        known_by_lag=by_lag,
        never_known=never,
        stated_delay_days=delay_days,
        notes=tuple(notes),
    )


def _stated_delay_days(draft: Draft, accepted: npt.NDArray[np.bool_]) -> int | None:
    known, happened = draft.days("known_on"), draft.days("happened_on")
    delays = (known - happened)[accepted & (known != UNKNOWN_DAY)]
    return int(np.quantile(delays, 0.9, method="lower")) if len(delays) else None


def _told_of_versions(draft: Draft, accepted: npt.NDArray[np.bool_]) -> Iterator[str]:
    """Yield how many events are told of again, if any are."""
    if len(draft.ids.texts) == len(draft.rows):
        return  # as nearly always: no id stands twice
    rows = np.flatnonzero(accepted)
    rows = rows[np.lexsort((draft.days("known_on")[rows], draft.ids.codes[rows]))]
    ids = draft.ids.codes[rows]
    later = rows[1:][ids[1:] == ids[:-1]]
    if len(later):
        withdrawn = int((draft.answers("withdrawn")[later] == Answer.YES).sum())
        yield (
            f"{len(later):,} row(s) tell again of an event that another row tells of, with a later "
            f"known date: {len(later) - withdrawn:,} correct it and {withdrawn:,} withdraw it"
        )


def _rejects(drafts: Sequence[Draft]) -> pd.DataFrame:
    """Return one row for each fault of each rejected row, by source and line."""
    frames = [frame for draft in drafts for frame in _reject_frames(draft)]
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype=REJECT_TYPES[name]) for name in REJECT_TYPES})
    rejects = pd.concat(frames, ignore_index=True).astype(REJECT_TYPES)
    return rejects.sort_values(["source", "line", "column", "reason"], ignore_index=True)


def _rejected_referrals(draft: Draft) -> Iterator[RejectedReferral]:
    """Yield the referrals of rejected rows, with the date only where no fault is about it."""
    reasons: dict[int, list[str]] = {}
    undated: set[int] = set()
    for finding in draft.findings:
        told = f"'{finding.column}': {finding.reason}" if finding.column else finding.reason
        for row in finding.rows.tolist():
            reasons.setdefault(row, []).append(told)
            if finding.column == draft.told("made_on"):
                undated.add(row)
    made, ids = draft.days("made_on"), _array(draft.ids, np.arange(len(draft.rows)))
    for row, why in sorted(reasons.items()):
        line = f"{draft.extract.shown}, line {draft.extract.lines[draft.rows[row]]}"
        dated = row not in undated and made[row] != UNKNOWN_DAY
        yield RejectedReferral(
            ids[row].as_py() or line,
            EPOCH + datetime.timedelta(days=int(made[row])) if dated else None,
            tuple(why),
        )
    for number, reason in draft.extract.broken:
        yield RejectedReferral(f"{draft.extract.shown}, line {number}", None, (reason,))


def _reject_frames(draft: Draft) -> Iterator[pd.DataFrame]:
    lines = draft.extract.lines[draft.rows]
    for finding in draft.findings:
        mends: str | list[str] = finding.mend
        if finding.pointers is not None:
            mends = [finding.mend.replace("{line}", str(n)) for n in lines[finding.pointers]]
        yield _reject_frame(
            draft,
            line=lines[finding.rows],
            column=finding.column,
            reason=finding.reason,
            mend=mends,
            record_id=_array(draft.ids, finding.rows).fill_null("").to_pandas(),
        )
    if draft.extract.broken:
        broken_lines, reasons = zip(*draft.extract.broken, strict=True)
        yield _reject_frame(
            draft, line=broken_lines, column="", reason=reasons, mend=BROKEN_MEND, record_id=""
        )


def _reject_frame(draft: Draft, **columns: Any) -> pd.DataFrame:
    constants = {"source": draft.source.name, "file": draft.extract.shown}
    return pd.DataFrame(columns).assign(**constants)[list(REJECT_TYPES)]
