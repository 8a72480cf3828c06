"""Versions of models: logged, listed, promoted, loaded."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from triage.errors import NotFoundError, Problem
from triage.learning import Evaluation, Experiment, Measures, Result, Searched, Trained
from triage.registry.local import StoredVersion, stored_versions
from triage.registry.model_files import read_model, write_model
from triage.registry.promotions import Promotion, read_evaluation, record, recorded
from triage.registry.tracking import connect, make_database, quiet
from triage.workspace import Workspace, scratch_folder, write_whole

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

__all__ = ["CHAMPION", "Registry", "Version"]

NAME = "referral-triage"
CHAMPION = "champion"
MODEL_FOLDER = "model"
EVALUATION_FOLDER = "evaluation"
EVALUATION = "evaluation.json"
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
            It could not be kept. Versions registered before the failure stay.
        """
        with quiet("keep the experiment"):
            client = self._client()
            experiment_id = self._experiment(client)
            parent = client.create_run(
                experiment_id,
                run_name=f"train {experiment.outcome.name}",
                tags=_tags(experiment, code_version),
            )
            _log_experiment(client, parent, experiment)
            for searched in experiment.searches:
                _log_search(client, parent, searched)
            numbers = [
                self._log_result(
                    client,
                    parent,
                    result,
                    experiment,
                    code_version,
                    evaluations.get(result.name),
                )
                for result in experiment.results
            ]
            client.set_terminated(parent.info.run_id)
        known = {version.number: version for version in self.list_versions()}
        return [known[number] for number in numbers]

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

    def _log_result(
        self,
        client: MlflowClient,
        parent: Run,
        result: Result,
        experiment: Experiment,
        code_version: str,
        evaluation: Evaluation | None,
    ) -> int:
        spec = result.trained.spec
        tags = {
            **_tags(experiment, code_version),
            "mlflow.parentRunId": parent.info.run_id,
            "model": spec.name,
            "kind": spec.kind,
        }
        run = client.create_run(parent.info.experiment_id, run_name=spec.name, tags=tags)
        run_id = run.info.run_id
        _log_params(client, run_id, _parameters(result))
        _log_measures(client, run, "", result.pooled, step=0)
        for period, measures in enumerate(result.by_period, start=1):
            _log_measures(client, run, "period_", measures, step=period)
        with scratch_folder(self._folder) as target:
            sha256 = write_model(result.trained, target)
            client.log_artifacts(run_id, str(target), MODEL_FOLDER)
        evaluation_sha256 = ""
        if evaluation is not None:
            text = evaluation.to_json()
            client.log_text(run_id, text, f"{EVALUATION_FOLDER}/{EVALUATION}")
            evaluation_sha256 = hashlib.sha256(text.encode()).hexdigest()
        client.set_terminated(run_id)
        registered = client.create_model_version(
            _registered(client),
            source=f"{run.info.artifact_uri}/{MODEL_FOLDER}",
            run_id=run_id,
            description=spec.purpose,
            tags={
                **_tags(experiment, code_version),
                "model": spec.name,
                "title": spec.title,
                "kind": spec.kind,
                "horizon_days": str(experiment.outcome.horizon_days),
                "sha256": sha256,
                "evaluation_sha256": evaluation_sha256,
                "proposed": str(result.name == experiment.proposal.name).lower(),
                "measures": json.dumps(_numbers(result.pooled)),
            },
        )
        return int(registered.version)


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


def _tags(experiment: Experiment, code_version: str) -> dict[str, str]:
    return {
        "fingerprint": experiment.fingerprint,
        "outcome": experiment.outcome.name,
        "code_version": code_version,
    }


def _log_experiment(client: MlflowClient, parent: Run, experiment: Experiment) -> None:
    run_id = parent.info.run_id
    _log_params(
        client,
        run_id,
        {
            "capacity": experiment.capacity,
            "horizon_days": experiment.outcome.horizon_days,
            "settles_in_days": experiment.outcome.settles_in_days,
            **experiment.training.model_dump(),
        },
    )
    client.set_tag(run_id, "proposed", experiment.proposal.name)
    client.set_tag(run_id, "reason", experiment.proposal.reason)
    client.log_dict(run_id, {"measures": _without_nan(experiment.table())}, "measures.json")


def _log_search(client: MlflowClient, parent: Run, searched: Searched) -> None:
    """Keep every setting that was tried as a run below the training's."""
    from mlflow.entities import Metric, Param

    measure = searched.search.measure
    for trial in searched.trials:
        tags = {
            "mlflow.parentRunId": parent.info.run_id,
            "model": searched.model,
            "kind": "trial",
            "method": searched.search.method,
            "chosen": str(trial is searched.chosen).lower(),
            "problem": str(trial.problem or ""),
        }
        name = f"{searched.model}, setting {trial.number}"
        run = client.create_run(parent.info.experiment_id, run_name=name, tags=tags)
        begun = run.info.start_time
        values = [
            Metric(f"{measure}_period_{period}", value, begun, step)
            for step, one in enumerate(trial.rounds, start=1)
            for period, value in enumerate(one.values, start=1)
        ]
        means = [
            Metric(key, value, begun, step)
            for step, one in enumerate(trial.rounds, start=1)
            for key, value in ((measure, one.mean), ("people_share", one.people_share))
        ]
        given = [Param(f"parameter_{key}", str(value)) for key, value in trial.parameters.items()]
        client.log_batch(run.info.run_id, metrics=[*values, *means], params=given)
        client.set_terminated(run.info.run_id, "FAILED" if trial.problem else "FINISHED")


def _parameters(result: Result) -> dict[str, Any]:
    trained = result.trained
    return {
        "estimator": trained.spec.estimator or "points",
        "monotonic": trained.spec.monotonic,
        "features": len(trained.feature_names),
        "rows": trained.rows,
        "base_rate": trained.base_rate,
        "ensemble": len(trained.ensemble),
        "calibration_slope": trained.calibration.slope,
        "calibration_intercept": trained.calibration.intercept,
        **{f"parameter_{name}": value for name, value in trained.spec.parameters.items()},
    }


def _log_params(client: MlflowClient, run_id: str, params: Mapping[str, Any]) -> None:
    from mlflow.entities import Param

    client.log_batch(run_id, params=[Param(name, str(value)) for name, value in params.items()])


def _log_measures(
    client: MlflowClient, run: Run, prefix: str, measures: Measures, *, step: int
) -> None:
    from mlflow.entities import Metric

    metrics = [
        Metric(prefix + name, value, run.info.start_time, step)
        for name, value in _numbers(measures).items()
        if value is not None
    ]
    client.log_batch(run.info.run_id, metrics=metrics)


def _numbers(measures: Measures) -> dict[str, float | None]:
    return {
        name: None if math.isnan(value) else float(value) for name, value in vars(measures).items()
    }


def _without_nan(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in row.items()
        }
        for row in rows
    ]
