"""Bad input: one clear message with the mend, the right exit code, and what stood is intact."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PEOPLE = "data/programme_people.csv"
REFERRALS = "data/programme_referrals.csv"
INCIDENTS = "data/police_incidents.csv"


def edit(path: Path, change: Callable[[str], str], encoding: str = "utf-8") -> None:
    path.write_bytes(change(path.read_bytes().decode(encoding)).encode(encoding))


def replace(old: str, new: str, count: int = 1) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return change


def again(text: str) -> str:
    """Repeat the last line."""
    return text + text.splitlines()[-1] + "\n"


# what is done to the workspace, and what the message must hold
UNREADABLE = {
    "an empty extract": (
        lambda folder: (folder / PEOPLE).write_bytes(b""),
        ["programme_people.csv", "empty"],
    ),
    "a missing extract": (
        lambda folder: (folder / "data/housing.csv").unlink(),
        ["housing.csv", "no such file"],
    ),
    "a missing column": (
        lambda folder: edit(folder / REFERRALS, replace("received", "rreceived")),
        ["-received", "+rreceived", "Did you mean 'rreceived'?"],
    ),
    "a wrong encoding": (
        lambda folder: (folder / INCIDENTS).write_bytes(
            (folder / INCIDENTS).read_bytes() + "é".encode("cp1252")
        ),
        ["police_incidents.csv", "utf-8", "encoding"],
    ),
    "a broken Parquet file": (
        lambda folder: (folder / "data/health.parquet").write_bytes(b"PAR1 broken PAR1"),
        ["health.parquet", "Parquet"],
    ),
}
REJECTED = {
    "duplicate ids": (
        lambda folder: edit(folder / "data/housing.csv", again),
        ["the id stands in the extract already", "rejects.csv", "rows_set_aside"],
    ),
    "a referral for an unknown person": (
        lambda folder: edit(
            folder / REFERRALS,
            lambda text: text + "R-900000,P-900000,2025-12-20,POL,PJ,,no,no,no,no,no,yes\n",
        ),
        ["the person is not in any people source"],
    ),
    "a date in the future": (
        lambda folder: edit(
            folder / PEOPLE, lambda text: text + "P-900001,2999-01-01,F,W,NORTH,,\n"
        ),
        ["the date is in the future"],
    ),
    "an unknown code": (
        lambda folder: edit(
            folder / PEOPLE, lambda text: text + "P-900002,2000-01-01,FF,W,NORTH,,\n"
        ),
        ["'sex'"],
    ),
}
MISWRITTEN = {
    "an unknown key": (
        lambda folder: edit(folder / "configs/panel.yaml", replace("capacity:", "capasity:")),
        ["panel.yaml, line ", "'capasity' is not a key", "Did you mean 'capacity'?"],
    ),
    "a duplicated key": (
        lambda folder: edit(folder / "configs/outcome.yaml", lambda text: text + "primary: x\n"),
        ["outcome.yaml, line ", "'primary' already stands on line "],
    ),
    "a rule that names no feature": (
        lambda folder: edit(
            folder / "configs/rules/lethality.yaml",
            lambda text: re.sub(r"strangulation_incidents_", "strangulaton_incidents_", text),
        ),
        ["strangulaton_incidents", "Did you mean 'strangulation_incidents"],
    ),
    "a model of no feature": (
        lambda folder: edit(
            folder / "models/elastic_net.yaml", replace("features: all", "features: [no_such]")
        ),
        ["models/elastic_net.yaml, line ", "'no_such' matches nothing"],
    ),
}


def besides_the_record(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Return what a failing command must leave as it was: that it was tried is on record."""
    return {path: one for path, one in contents.items() if not path.startswith("record/")}


@pytest.mark.parametrize(("kinds", "code"), [(UNREADABLE, 4), (REJECTED, 5), (MISWRITTEN, 3)])
def test_a_check_tells_all_of_it_at_once_and_touches_nothing(
    kinds, code, program, workspace, files
) -> None:
    for spoil, _ in kinds.values():
        spoil(workspace)
    before = besides_the_record(files(workspace))
    done = program("check", "--workspace", workspace)
    assert done.code == code, done.err
    for name, (_, words) in kinds.items():
        for word in words:
            assert word in done.err, name
    assert "Traceback" not in done.err
    after = besides_the_record(files(workspace))
    assert {path: after.get(path) for path in before} == before
    assert {path for path in after if path not in before} <= {
        "results/check/rejects.csv",
        "results/check/report.json",
    }


# file, what stands there, what is written instead, and what is told: keys, words and no YAML at all
MISTAKES = [
    (
        "pipelines/violence.yaml",
        "windows: [90, 365, 730, ever]",
        "windws: [90]",
        "Did you mean 'wi",
    ),
    ("pipelines/violence.yaml", "{weapon: yes}", "{weaponn: yes}", "Did you mean 'weapon'?"),
    ("pipelines/violence.yaml", "windows: [90, 365, 730]\n", "windows: [365, 90]\n", "must rise"),
    ("pipelines/violence.yaml", "type: [rape, ", "type: [raip, ", "Did you mean 'rape'?"),
    ("pipelines/coercion.yaml", "direction: raises", "direction: up", "got 'up'"),
    ("pipelines/incidents.yaml", "title:", "titlo:", "Did you mean 'title'?"),
    ("pipelines/orders.yaml", "title: ", "] title: ", "must be valid YAML"),
    (
        "pipelines/victims.yaml",
        "measure: distinct",
        "measure: distinkt",
        "Did you mean 'distinct'?",
    ),
    ("pipelines/victims.yaml", "{kind: incident, ", "{kind: incidnt, ", "Did you mean 'incident'?"),
    ("configs/harm/cambridge.yaml", "homicide: {days: 5475", "homicide: {days: .nan", "got nan"),
    ("configs/harm/coercion.yaml", "  arson:", "  arsonn:", "Did you mean 'arson'?"),
    ("configs/harm/ons.yaml", "homicide: {days: ", "homicide: {days: -", "not below 0"),
    (
        "configs/rules/lethality.yaml",
        "effect: {floor: urgent}",
        "effect: {floor: up}",
        "an effect is",
    ),
    ("configs/rules/lethality.yaml", "field: separation_", "field: seperation_", "'separation_inc"),
    ("configs/panel.yaml", "capacity: 16", "capasity: 16", "Did you mean 'capacity'?"),
    ("configs/panel.yaml", "scale: cambridge", "scale: cambridg", "Did you mean 'cambridge'?"),
    ("models/rfg.yaml", "incidents_730d", "incidnts_730d", "Did you mean 'incidents_730d'?"),
    ("models/elastic_net.yaml", "purpose:", "purpos:", "Did you mean 'purpose'?"),
    ("models/elastic_net.yaml", "features: all", "features: [no_such]", "matches nothing"),
    ("configs/outcome.yaml", "primary: high_harm_365", "primary: high_ham_365", "'high_harm_365'?"),
]


def test_mistakes_in_many_files_are_told_in_one_go_each_with_its_line(program, tmp_path) -> None:
    """One problem a mistake: none hides another, and none is told that follows from another."""
    folder = tmp_path / "panel"
    program.must("init", folder)
    expected = []
    for file, old, new, words in MISTAKES:
        before, found, _ = (folder / file).read_text().partition(old)
        assert found, (file, old)
        expected.append((f"- {file}, line {len((before + ' ').splitlines())}: ", words))
        edit(folder / file, replace(old, new))
    for command in (
        ["check"],
        ["features", "--describe"],
        ["features", "--as-of", "2026-01-01", "--output", tmp_path / "f.parquet"],
    ):
        done = program(*command, "--workspace", folder)
        assert done.code == 3, done.err
        told = [line for line in done.err.splitlines() if line.startswith("- ")]
        for where, words in expected:
            assert any(line.startswith(where) and words in line for line in told), (where, told)
        assert len(told) == len(MISTAKES), told
        assert "Traceback" not in done.err


def test_as_of_dates_are_told_in_one_go(program, workspace) -> None:
    features = ["features", "--output", workspace / "f.parquet", "--workspace", workspace]
    done = program(*features, "--as-of", "2026-13-01", "--as-of", "2026-01-01", "--as-of", "soon")
    assert done.code == 2, done.err
    assert "'2026-13-01', 'soon' do not match the format" in done.err
    dates = ["1950-01-01", "2999-01-01", "2026-01-01", "1960-01-01"]
    done = program(*features, *(word for date in dates for word in ("--as-of", date)))
    assert done.code == 7, done.err
    told = [line for line in done.err.splitlines() if line.startswith("- as-of date ")]
    assert [line.split()[3].rstrip(":") for line in told] == [
        "1950-01-01",
        "2999-01-01",
        "1960-01-01",
    ]
    assert not (workspace / "f.parquet").exists()


def test_what_looks_odd_and_is_not_wrong_is_taken(program, workspace) -> None:
    """A byte-order mark, ids above 2³¹, text ids, a person with no events."""
    edit(workspace / REFERRALS, lambda text: "\ufeff" + text)
    edit(
        workspace / PEOPLE,
        lambda text: (
            text
            + "9223372036854775807,1990-01-01,F,W,NORTH,,\n"
            + "Ω/person 7,1990-01-01,M,W,NORTH,,\n"
        ),
    )
    edit(
        workspace / REFERRALS,
        lambda text: (
            text
            + "9007199254740993,9223372036854775807,2025-12-20,POL,PJ,,no,no,no,no,no,yes\n"
            + "R 7,Ω/person 7,2025-12-20,POL,PJ,,no,no,no,no,no,yes\n"
        ),
    )
    output = workspace / "features.parquet"
    program.must("features", "--as-of", "2026-01-01", "--output", output, "--workspace", workspace)
    import pyarrow.parquet as pq

    rows = {row["referral_id"]: row for row in pq.read_table(output).to_pylist()}
    assert rows["9007199254740993"]["person_id"] == "9223372036854775807"
    assert rows["R 7"]["person_id"] == "Ω/person 7"
    assert rows["R 7"]["incidents_365d"] == 0


OUTCOMES = {
    "no positives": (
        lambda folder: edit(
            folder / "configs/outcome.yaml",
            lambda text: text.replace("value: 180}", "value: 999999}"),
        ),
        "got none among",
    ),
    "one class in a fold": (
        lambda folder: edit(
            folder / "configs/panel.yaml", replace("test_days: 182", "test_days: 1")
        ),
        "test period 1 of 1",
    ),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_training_on_outcomes_that_teach_nothing_says_so(name, program, workspace, files) -> None:
    spoil, words = OUTCOMES[name]
    spoil(workspace)
    before = files(workspace)
    done = program("train", "--workspace", workspace)
    assert done.code == 6, done.err
    assert words in done.err
    after = files(workspace)
    assert {path: after.get(path) for path in before} == before


def test_names_that_do_not_exist_are_told_with_those_that_do(program, ranked) -> None:
    for arguments, words in (
        (["show", "2026-01-02"], "lists as of 2026-01-01"),
        (["explain", "latest", "R-X"], "has no referral 'R-X'"),
        (["promote", "99"], "must be a model version of the registry"),
        (["rank", "--as-of", "2031-01-01"], "at least one referral must be open"),
    ):
        done = program(*arguments, "--workspace", ranked)
        assert done.code == 7, done.err
        assert words in done.err


def test_ranking_without_a_champion_says_how_to_get_one(program, workspace) -> None:
    done = program("rank", "--as-of", "2026-01-01", "--workspace", workspace)
    assert done.code == 7
    assert "Run 'triage train', then 'triage promote VERSION'." in done.err
    assert not (workspace / "lists").exists()


def test_a_list_that_was_changed_is_not_shown(program, ranked) -> None:
    (folder,) = (ranked / "lists").iterdir()
    edit(folder / "list.csv", lambda text: text.replace("discuss", "below", 1))
    for arguments in (
        ["show", "latest"],
        ["explain", "latest", "R-000001"],
    ):
        done = program(*arguments, "--workspace", ranked)
        assert done.code == 9
        assert f"{folder.name}/list.csv: is not what was written" in done.err
        assert done.out == ""


def test_rejected_rows_stop_a_run_unless_the_panel_lets_them_be_set_aside(program, ranked) -> None:
    edit(
        ranked / REFERRALS,
        lambda text: (
            text
            + "R-900001,P-900001,2025-12-20,POL,PJ,,no,no,no,no,no,yes\n"
            + "R-900002,P-900002,2020-12-20,POL,PJ,,no,no,no,no,no,yes\n"
        ),
    )
    rank = ("rank", "--as-of", "2026-01-01", "--workspace", ranked)
    stopped = program(*rank)
    assert stopped.code == 5
    assert "programme_referrals: 2" in stopped.err
    edit(
        ranked / "configs/panel.yaml",
        replace("rows_set_aside: {}", "rows_set_aside: {programme_referrals: 2}"),
    )
    assert "1 set aside" in program.must(*rank).err
    csv = program.must("show", "latest", "--workspace", ranked, "--format", "csv").out
    assert "R-900001" in csv
    assert "R-900002" not in csv


def test_a_full_disk_leaves_what_stood(program, ranked, files) -> None:
    """No file may grow beyond a few blocks: writing fails in the middle, as on a full disk."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    edit(ranked / "configs/panel.yaml", replace("capacity: 16", "capacity: 15"))
    before = besides_the_record(files(ranked))
    done = subprocess.run(
        [program.path, "rank", "--as-of", "2026-01-01", "--workspace", ranked],
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        env=program.environment(),
    )
    assert done.returncode == 8, done.stderr
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    after = besides_the_record(files(ranked))
    assert {path: after.get(path) for path in before} == before
    assert {path.split("/")[0] for path in after if path not in before} <= {"cache"}


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_write_leaves_what_stood(program, ranked, files) -> None:
    edit(ranked / "configs/panel.yaml", replace("capacity: 16", "capacity: 15"))
    before = files(ranked / "lists")
    running = subprocess.Popen(
        [program.path, "rank", "--as-of", "2026-01-01", "--workspace", ranked],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=program.environment(),
    )
    while running.poll() is None and not list((ranked / "lists").glob(".*.part")):
        time.sleep(0.0005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    shown = program.must("show", "latest", "--workspace", ranked, "--format", "json")
    assert shown.out
    after = files(ranked / "lists")
    assert {path: after[path] for path in before} == before
    program.must("rank", "--as-of", "2026-01-01", "--workspace", ranked)
    names = [path.name for path in (ranked / "lists").iterdir() if not path.name.startswith(".")]
    assert len(names) == 2
