"""Versions of models: logged, listed, promoted, loaded."""

from __future__ import annotations

import datetime
import json
import math
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from triage.errors import NotFoundError, Problem
from triage.learning import Evaluation, Experiment, Trained
from triage.registry.entries import EVALUATION, EVALUATION_FOLDER, MODEL_FOLDER, entries_of
from triage.registry.local import StoredVersion, stored_versions
from triage.registry.model_files import read_model
from triage.registry.promotions import Promotion, read_evaluation, record, recorded
from triage.registry.tracking import connect, make_database, quiet
from triage.registry.waiting import send, write_entries
from triage.workspace import Workspace, scratch_folder, write_folder, write_whole

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

__all__ = ["CHAMPION", "Registry", "Version"]

NAME = "referral-triage"
CHAMPION = "champion"
CARD_FOLDER = "card"
PAGE = 1000


@dataclass(frozen=True)
class Version:
    """One model of one training, as the registry knows it.

    Parameters
    ----------
    number : int
        From 1, in the order of registration.
    name, title, kind : str
        Of its spec.
    outcome : str
    horizon_days : int
    sha256 : str
        From which every byte of the model can be checked.
    measures : mapping of str to float
        Over all test periods; NaN where there is none.
    proposed : bool
        Whether its training proposed it as champion.
    is_champion : bool
    fingerprint : str
        Of the examples that it learned from.
    code_version : str
    created_at : datetime
        UTC.
    run_id : str
        Of mlflow.
    evaluation_sha256 : str
        Of its evaluation; empty where none is kept.
    retest_on : date or None
        The day from which it has to be tested again; None where it was never promoted by name.
    """

    number: int
    name: str
    title: str
    kind: str
    outcome: str
    horizon_days: int
    sha256: str
    measures: Mapping[str, float]
    proposed: bool
    is_champion: bool
    fingerprint: str
    code_version: str
    created_at: datetime.datetime
    run_id: str
    evaluation_sha256: str = ""
    retest_on: datetime.date | None = None


class Registry:
    """Where runs and model versions of a workspace are kept.

    Parameters
    ----------
    workspace : Workspace
    tracking_uri : str, optional
        Of an mlflow server or database; by default a SQLite file in the workspace.
    """

    def __init__(self, workspace: Workspace, tracking_uri: str | None = None) -> None:
        self._folder = workspace.registry.resolve()
        self._database = self._folder / "mlflow.db"
        self._is_local = tracking_uri is None
        self._uri = tracking_uri or f"sqlite:///{self._database}"

    def prepare(self) -> None:
        """Make sure, before long work, that what comes of it can be kept.

        Raises
        ------
        StorageError
            The server cannot be reached, or the folder cannot be written.
        """
        with quiet("be opened"):
            self._experiment(self._client())

    def log_experiment(
        self,
        experiment: Experiment,
        *,
        code_version: str,
        evaluations: Mapping[str, Evaluation] = MappingProxyType({}),
    ) -> list[Version]:
        """Keep an experiment as a run with one run a model and trial, and register every model.

        All of it is written to the workspace first and deleted when mlflow has it, so that a
        server which fails, or a program that is killed, meanwhile loses nothing.

        Parameters
        ----------
        experiment : Experiment
        code_version : str
        evaluations : mapping of str to Evaluation
            Model → what is kept with its version, for gates to judge and cards to tell.

        Returns
        -------
        list of Version
            In the order of the experiment's results.

        Raises
        ------
        StorageError
            It could not be kept. What mlflow did not get waits in the workspace, and is sent by
            :meth:`send_waiting`; where the workspace cannot be written either, it is lost.
        """
        earlier = self.waiting
        folder = self._waiting / f"{int(earlier[-1]) + 1 if earlier else 1:04}"
        with write_folder(folder) as part:
            write_entries(part, entries_of(experiment, code_version, evaluations, part))
        return self.send_waiting()[-len(experiment.results) :]

    @property
    def waiting(self) -> tuple[str, ...]:
        """The folders of trainings that mlflow has not got, or not wholly, the first one first."""
        return tuple(sorted(path.name for path in self._waiting.glob("[0-9]*")))

    def send_waiting(self) -> list[Version]:
        """Let mlflow have every training that waits, and return its versions.

        What it has got of one already is not sent again.

        Raises
        ------
        StorageError
            mlflow failed; what it did not get goes on waiting.
        """
        runs: list[str] = []
        for name in self.waiting:
            folder = self._waiting / name
            mend = (
                f"Nothing is lost: all of it waits in {folder.relative_to(self._folder.parent)}/. "
                "Once the server is there again, 'triage models --send' registers it, and so does "
                "the next 'triage train'."
            )
            with quiet("keep the experiment", mend):
                client = self._client()
                runs += send(client, self._experiment(client), _registered(client), folder)
            shutil.rmtree(folder, ignore_errors=True)
        for empty in (self._waiting, self._folder):
            with suppress(OSError):
                empty.rmdir()
        known = {version.run_id: version for version in self.list_versions()}
        return [known[run] for run in runs if run in known]

    def list_versions(self) -> list[Version]:
        """Return every version, the newest first."""
        if not self._exists():
            return []
        stored = stored_versions(self._database, NAME, CHAMPION) if self._is_local else None
        found, champion = stored if stored is not None else self._ask_mlflow()
        versions = [_version(one, champion) for one in found if "sha256" in one.tags]
        return sorted(versions, key=lambda version: -version.number)

    def _ask_mlflow(self) -> tuple[list[ModelVersion], int | None]:
        """Return every version and the number of the champion, whatever keeps them."""
        with quiet("list its versions"):
            client = self._client()
            champion = _champion_number(client)
            found: list[ModelVersion] = []
            token = None
            while True:
                page = client.search_model_versions(
                    f"name='{NAME}'", max_results=PAGE, page_token=token
                )
                found.extend(page)
                token = page.token
                if not token:
                    return found, champion

    def version(self, number: int) -> Version:
        """Return the version of this number.

        Raises
        ------
        NotFoundError
            There is none.
        """
        versions = self.list_versions()
        for version in versions:
            if version.number == number:
                return version
        known = ", ".join(str(version.number) for version in versions[:10])
        raise NotFoundError(
            Problem(
                f"version {number}",
                "must be a model version of the registry",
                f"versions {known}" if known else "an empty registry",
                "See 'triage models'." if known else "Run 'triage train' first.",
            )
        )

    def promote(self, number: int, promotion: Promotion | None = None) -> Version:
        """Make a version the champion, and return it.

        Parameters
        ----------
        number : int
        promotion : Promotion, optional
            Kept for good.

        Raises
        ------
        NotFoundError
            There is no such version.
        """
        self.version(number)
        with quiet("promote a version"):
            client = self._client()
            if promotion is not None:
                record(client, NAME, promotion)
                if promotion.retest_on is not None:
                    day = promotion.retest_on.isoformat()
                    client.set_model_version_tag(NAME, str(number), "retest_on", day)
            client.set_registered_model_alias(NAME, CHAMPION, str(number))
        return self.version(number)

    def promotions(self) -> tuple[Promotion, ...]:
        """Return every promotion and rollback, the first one first."""
        if not self._exists():
            return ()
        with quiet("tell its promotions"):
            return recorded(self._client(), NAME)

    def evaluation(self, number: int) -> Evaluation:
        """Return what was found out about a version when it was trained.

        Raises
        ------
        NotFoundError
            There is no such version, or nothing was kept with it.
        TamperedError
            It is not what it was when it was written.
        """
        version = self.version(number)
        name = f"model version {number}, {EVALUATION}"
        if self._is_local or not version.evaluation_sha256:
            folder = self._artifacts / version.run_id / "artifacts" / EVALUATION_FOLDER
            return read_evaluation(folder / EVALUATION, version.evaluation_sha256, name)
        with scratch_folder(self._folder) as target:
            with quiet(f"fetch {name}"):
                self._client().download_artifacts(version.run_id, EVALUATION_FOLDER, str(target))
            kept = target / EVALUATION_FOLDER / EVALUATION
            return read_evaluation(kept, version.evaluation_sha256, name)

    def keep_card(self, number: int, files: Mapping[str, bytes]) -> None:
        """Keep a version's card beside its model.

        Parameters
        ----------
        number : int
        files : mapping of str to bytes
            File name → content.
        """
        version = self.version(number)
        if self._is_local:  # mlflow would write to where the workspace lay before it was moved
            folder = self._artifacts / version.run_id / "artifacts" / CARD_FOLDER
            for name, content in files.items():
                write_whole(folder / name, content)
            return
        with scratch_folder(self._folder) as target, quiet("keep a card"):
            for name, content in files.items():
                (target / name).write_bytes(content)
            self._client().log_artifacts(version.run_id, str(target), CARD_FOLDER)

    def champion(self) -> Version | None:
        """Return the version that was promoted last, or None where none was."""
        return next((version for version in self.list_versions() if version.is_champion), None)

    def load(self, number: int, *, with_ensemble: bool = False) -> Trained:
        """Return the model of a version, every byte of it checked first.

        Parameters
        ----------
        number : int
        with_ensemble : bool
            Whether with the members that tell how sure its scores are.

        Raises
        ------
        NotFoundError
            There is no such version, or its files are gone.
        TamperedError
            A file is not what it was when it was written.
        ConfigurationError
            It was written by another release.
        """
        version = self.version(number)
        name = f"model version {number}"
        folder = self._artifacts / version.run_id / "artifacts" / MODEL_FOLDER
        if self._is_local:
            return read_model(folder, version.sha256, name=name, with_ensemble=with_ensemble)
        with scratch_folder(self._folder) as target, quiet(f"fetch {name}"):
            self._client().download_artifacts(version.run_id, MODEL_FOLDER, str(target))
            return read_model(
                target / MODEL_FOLDER,
                version.sha256,
                name=name,
                with_ensemble=with_ensemble,
            )

    @property
    def _waiting(self) -> Path:
        return self._folder / "waiting"

    @property
    def _artifacts(self) -> Path:
        return self._folder / "artifacts"

    def _exists(self) -> bool:
        return not self._is_local or self._database.is_file()

    def _client(self) -> MlflowClient:
        if not self._exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            make_database(self._database)
        return connect(self._uri)

    def _experiment(self, client: MlflowClient) -> str:
        """Return the mlflow experiment's id; a workspace that was moved begins another."""
        place = self._artifacts.as_uri() if self._is_local else None
        for name in (NAME, f"{NAME} in {self._folder}"):
            found = client.get_experiment_by_name(name)
            if found is None:
                return str(client.create_experiment(name, artifact_location=place))
            if place is None or found.artifact_location == place:
                return str(found.experiment_id)
        raise AssertionError("two experiments of one name")


def _registered(client: MlflowClient) -> str:
    if not client.search_registered_models(f"name='{NAME}'"):
        client.create_registered_model(NAME)
    return NAME


def _champion_number(client: MlflowClient) -> int | None:
    found = client.search_registered_models(f"name='{NAME}'")
    number = found[0].aliases.get(CHAMPION) if found else None
    return None if number is None else int(number)


def _version(one: ModelVersion | StoredVersion, champion: int | None) -> Version:
    tags = one.tags
    measures = json.loads(tags["measures"])
    return Version(
        number=int(one.version),
        name=tags["model"],
        title=tags["title"],
        kind=tags["kind"],
        outcome=tags["outcome"],
        horizon_days=int(tags["horizon_days"]),
        sha256=tags["sha256"],
        measures={name: math.nan if v is None else v for name, v in measures.items()},
        proposed=tags["proposed"] == "true",
        is_champion=int(one.version) == champion,
        fingerprint=tags["fingerprint"],
        code_version=tags["code_version"],
        created_at=datetime.datetime.fromtimestamp(one.creation_timestamp / 1000, datetime.UTC),
        run_id=str(one.run_id),
        evaluation_sha256=tags.get("evaluation_sha256", ""),
        retest_on=_date(tags.get("retest_on")),
    )


def _date(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None
