"""Trainings as files, until mlflow has them: a server may be gone when the work is done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from triage.registry.entries import MODEL_FOLDER, Entry
from triage.workspace import write_whole

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

__all__ = ["send", "write_entries"]

RUNS = "runs.json"
SENT = "sent.json"
GONE = "RESOURCE_DOES_NOT_EXIST"


def write_entries(folder: Path, entries: Sequence[Entry]) -> None:
    """Write what :func:`send` reads, beside the entries' files."""
    text = json.dumps([vars(entry) for entry in entries])
    (folder / RUNS).write_text(text, encoding="utf-8")


def send(client: MlflowClient, experiment_id: str, name: str, folder: Path) -> list[str]:
    """Let mlflow have a training, and return the ids of its runs.

    Parameters
    ----------
    client : MlflowClient
    experiment_id : str
        Of mlflow.
    name : str
        Of the registered model.
    folder : Path
        Of the training. Each run is noted here before it is filled and when mlflow has all of it,
        so that one which was broken off half-way is deleted and made again, and no other is made
        twice.
    """
    entries = [Entry(**one) for one in json.loads((folder / RUNS).read_text(encoding="utf-8"))]
    sent, begun = _noted(folder)
    if not _is_there(client, sent[0] if sent else begun):
        sent, begun = [], None  # another server, or one that was set up anew
    if begun is not None and client.search_model_versions(f"run_id='{begun}'"):
        sent.append(begun)  # it was killed just before this was noted
    elif begun is not None:
        client.delete_run(begun)
    for place in range(len(sent), len(entries)):
        entry, below = entries[place], {"mlflow.parentRunId": sent[0]} if sent else {}
        run = client.create_run(experiment_id, run_name=entry.name, tags={**entry.tags, **below})
        _note(folder, sent, run.info.run_id)
        _fill(client, run, entry, folder / str(place))
        if place:
            client.set_terminated(run.info.run_id, entry.status)
        if entry.version is not None:
            client.create_model_version(
                name,
                source=f"{run.info.artifact_uri}/{MODEL_FOLDER}",
                run_id=run.info.run_id,
                description=entry.purpose,
                tags=dict(entry.version),
            )
        sent.append(run.info.run_id)
        _note(folder, sent, None)
    client.set_terminated(sent[0], entries[0].status)
    return sent


def _fill(client: MlflowClient, run: Run, entry: Entry, files: Path) -> None:
    from mlflow.entities import Metric, Param

    run_id, begun = run.info.run_id, run.info.start_time
    metrics = [Metric(name, value, begun, step) for name, value, step in entry.metrics]
    params = [Param(name, value) for name, value in entry.params.items()]
    client.log_batch(run_id, metrics=metrics, params=params)
    if files.is_dir():
        client.log_artifacts(run_id, str(files))


def _noted(folder: Path) -> tuple[list[str], str | None]:
    """Return the runs that mlflow has, in the order of their entries, and one that was begun."""
    if not (folder / SENT).is_file():
        return [], None
    noted = json.loads((folder / SENT).read_text(encoding="utf-8"))
    return noted["runs"], noted["begun"]


def _note(folder: Path, runs: Sequence[str], begun: str | None) -> None:
    write_whole(folder / SENT, json.dumps({"runs": list(runs), "begun": begun}).encode())


def _is_there(client: MlflowClient, run_id: str | None) -> bool:
    from mlflow.exceptions import MlflowException

    if run_id is None:
        return False
    try:
        return str(client.get_run(run_id).info.lifecycle_stage) == "active"
    except MlflowException as error:
        if error.error_code == GONE:
            return False
        raise
