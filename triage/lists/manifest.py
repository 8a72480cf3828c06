"""``manifest.json``: what a list is called, what it was made from, and the hash of every file."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

import pydantic

from triage.workspace import Papers, Strict

__all__ = [
    "FORMAT",
    "AgainstFacts",
    "Counts",
    "Erasure",
    "Manifest",
    "ModelFacts",
    "PanelFacts",
    "digest_of",
    "name_of",
    "seal_of",
    "seal_of_said",
]

FORMAT = 11
"""Version of this layout, and of the papers for programs."""
ID_DIGITS = 8

Sha256 = str


class PanelFacts(Strict):
    """What the head of a list says of the panel (see ``configs/panel.yaml``)."""

    name: str
    area: str
    capacity: int
    near_misses: int
    open_days: int
    reserved_places: int = 0
    papers: Papers = Papers()
    smallest_group: int = 10


class ModelFacts(Strict):
    """What a list says of the model that ordered it.

    Parameters
    ----------
    name, title, version : str
    unit : {"log_odds", "points"}
        What its score counts in; only log-odds speak of how likely the outcome is.
    sha256 : str
        Of the model's file.
    outcome : str
        The outcome's name in ``configs/outcome.yaml``.
    outcome_meaning : str
        The outcome in plain words that name its horizon, to follow "had".
    horizon_days : int
        How far ahead it looks.
    base_rate : float
        Share of all past referrals that had the outcome within the horizon.
    trained_on : int
        How many past referrals it learned from.
    role : {"champion", "fallback"}
        Whether it was promoted, or stands in, with the rules, while no version is.
    retest_on : date or None
        From when on it should have been tested again.
    """

    name: str
    title: str
    version: str
    unit: Literal["log_odds", "points"]
    sha256: Sha256
    outcome: str
    outcome_meaning: str
    horizon_days: int
    base_rate: float
    trained_on: int
    role: Literal["champion", "fallback"] = "champion"
    retest_on: datetime.date | None = None


class AgainstFacts(Strict):
    """The earlier list that a list is compared with; its seal is among the inputs."""

    list_id: str
    as_of: datetime.date
    model: str
    model_version: str


class Counts(Strict):
    """Where the referrals that came in went; the others sum to the first.

    ``joined`` are further referrals of people who are ranked, within their places.
    """

    referrals_in: int
    ranked: int
    not_for_panel: int
    set_aside: int
    joined: int = 0


class Erasure(Strict):
    """That a person was erased from a list after it was written.

    Parameters
    ----------
    on : date
    ranks : list of int
        The places that are missing since.
    aside : int
        How many were taken from "not for this panel".
    seal_before : str
        The seal of the list as it was, which the ledger knows.
    """

    on: datetime.date
    ranks: list[int]
    aside: int
    seal_before: Sha256


class Manifest(Strict):
    """All that is said of a list beside its tables.

    Parameters
    ----------
    format : int
        Version of this layout.
    list_id : str
        The folder's name: the as-of date and the first digits of ``digest``.
    digest : str
        SHA-256 over inputs, configuration, model, code version and as-of date.
    as_of : date
    created_at : datetime
        When the folder was made: the only value that two runs of the same inputs may tell
        differently.
    synthetic : bool
        Whether the data is invented.
    panel : PanelFacts
    model : ModelFacts
    code_version : str
    inputs, configs : dict of str to str
        What was read → its SHA-256.
    counts : Counts
    against : AgainstFacts or None
        None where there is no earlier list to compare with, or none was wanted.
    tables, papers : dict of str to str
        Every other file of the folder → its SHA-256.
    seal : str
        SHA-256 over all of this but ``created_at``.
    erasures : list of Erasure
        Those that were erased from the list since; their places stay empty.
    """

    format: int
    list_id: str
    digest: Sha256
    as_of: datetime.date
    created_at: pydantic.AwareDatetime
    synthetic: bool
    panel: PanelFacts
    model: ModelFacts
    code_version: str
    inputs: dict[str, Sha256]
    configs: dict[str, Sha256]
    counts: Counts
    against: AgainstFacts | None = None
    tables: dict[str, Sha256]
    papers: dict[str, Sha256] = {}
    seal: Sha256 = ""
    erasures: list[Erasure] = []

    def sealed(self, papers: Mapping[str, Sha256]) -> Manifest:
        """Return this manifest with the hashes of its papers, sealed."""
        whole = self.model_copy(update={"papers": dict(papers)})
        return whole.model_copy(update={"seal": seal_of(whole)})

    def to_json(self) -> str:
        """Return the text of ``manifest.json``."""
        return json.dumps(_dumped(self), indent=2, sort_keys=True) + "\n"


def digest_of(
    *,
    as_of: datetime.date,
    inputs: Mapping[str, Sha256],
    configs: Mapping[str, Sha256],
    model: ModelFacts,
    code_version: str,
) -> Sha256:
    """Return the SHA-256 of all that a list is made from."""
    return _sha256(
        {
            "as_of": as_of.isoformat(),
            "code_version": code_version,
            "configs": dict(configs),
            "inputs": dict(inputs),
            "model": model.model_dump(mode="json"),
        }
    )


def name_of(as_of: datetime.date, digest: Sha256) -> str:
    """Return the name of a list's folder.

    Examples
    --------
    >>> name_of(datetime.date(2026, 3, 1), "1a2b3c4d5e6f")
    '2026-03-01-1a2b3c4d'
    """
    return f"{as_of.isoformat()}-{digest[:ID_DIGITS]}"


def seal_of(manifest: Manifest) -> Sha256:
    """Return the SHA-256 of a manifest without ``created_at`` and the seal itself."""
    return seal_of_said(_dumped(manifest))


def seal_of_said(said: Mapping[str, Any]) -> Sha256:
    """Return the seal that a manifest of any format must have, from what ``manifest.json`` says."""
    return _sha256({name: said[name] for name in said.keys() - {"created_at", "seal"}})


def _dumped(manifest: Manifest) -> dict[str, Any]:
    """Return what a manifest says; of erasures nothing where there was none, as at first."""
    without = set() if manifest.erasures else {"erasures"}
    return manifest.model_dump(mode="json", exclude=without)


def _sha256(content: Mapping[str, Any]) -> Sha256:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
