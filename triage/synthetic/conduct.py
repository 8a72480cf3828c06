"""What an incident was: its type, and the facts that a record of it may or may not hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from triage.synthetic.population import FORMER_PARTNER, PARTNER, Population

__all__ = ["FACTS", "describe_incidents"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

TYPE_WEIGHTS: tuple[dict[str, float], ...] = (
    {"verbal_dispute": 1.0},
    {
        "assault_without_injury": 0.38,
        "harassment": 0.15,
        "malicious_communications": 0.11,
        "criminal_damage": 0.16,
        "stalking": 0.08,
        "coercive_control": 0.09,
        "other_crime": 0.03,
    },
    {
        "assault_with_injury": 0.68,
        "threats_to_kill": 0.16,
        "stalking": 0.08,
        "coercive_control": 0.08,
    },
    {
        "strangulation": 0.62,
        "sexual_assault": 0.24,
        "arson": 0.05,
        "burglary": 0.05,
        "weapon_possession": 0.04,
    },
    {
        "rape": 0.46,
        "serious_wounding": 0.37,
        "kidnapping": 0.07,
        "attempted_murder": 0.075,
        "homicide": 0.025,
    },
)
"""For each band of severity, how often it takes which type, for a person without a leaning."""

LEANINGS = {
    "strangulation": "strangles",
    "threats_to_kill": "threatens",
    "weapon_possession": "armed",
    "stalking": "stalks",
    "harassment": "stalks",
    "malicious_communications": "stalks",
    "coercive_control": "controls",
}

FACTS = (
    "strangulation",
    "weapon",
    "threat_to_kill",
    "injury",
    "children_present",
    "pregnancy",
    "separation",
    "stalking",
    "coercive_control",
    "suicidal_ideation",
    "alcohol",
    "drugs",
    "mental_health",
    "lives_with_victim",
)
"""Yes-or-no facts of an incident, by the names that the vocabulary gives them."""


def describe_incidents(
    incidents: pd.DataFrame, population: Population, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the incidents with their ``type`` and a column of truths for each of ``FACTS``.

    Flags are drawn jointly: all lean on the same person, the same severity and the same
    circumstances (separation, pregnancy, crisis), and a type implies its own flag.
    """
    person = incidents["person"].to_numpy()
    band = incidents["band"].to_numpy()
    severity = incidents["severity"].to_numpy()
    apart = incidents["apart"].to_numpy(dtype=bool)
    types = _types(incidents, population, rng)
    former = incidents["relationship"].to_numpy() == FORMER_PARTNER
    separation = apart | (former & (rng.random(len(person)) < 0.25))
    crisis = incidents["crisis"].to_numpy(dtype=bool)

    def chance(log_odds: Floats) -> Bools:
        return np.asarray(rng.random(len(person)) < 1 / (1 + np.exp(-log_odds)))

    injuring = ("assault_with_injury", "serious_wounding", "attempted_murder", "homicide")
    facts = {
        "strangulation": (types == "strangulation")
        | chance(-4.6 + population.strangles[person] + 0.9 * np.minimum(band, 3)),
        "weapon": np.isin(types, ["weapon_possession", "attempted_murder"])
        | chance(-3.6 + population.armed[person] + 0.6 * band),
        "threat_to_kill": (types == "threats_to_kill")
        | chance(-3.4 + population.threatens[person] + 0.5 * band + 0.6 * apart),
        "injury": np.isin(types, injuring) | ((types == "strangulation") & chance(0 * severity)),
        "children_present": population.dyads.children[incidents["dyad"].to_numpy()]
        & chance(0.1 + 0 * severity),
        "pregnancy": incidents["pregnant"].to_numpy(dtype=bool),
        "separation": separation,
        "stalking": np.isin(types, ["stalking"])
        | chance(-2.9 + population.stalks[person] + 1.3 * separation),
        "coercive_control": (types == "coercive_control")
        | chance(-2.0 + population.controls[person] + 0.3 * band),
        "suicidal_ideation": crisis & chance(0.2 + 0 * severity) | chance(-4.8 + 0.4 * severity),
        "alcohol": population.alcohol[person] & chance(0.2 + 0 * severity)
        | chance(-1.9 + 0 * severity),
        "drugs": population.drugs[person] & chance(0 * severity) | chance(-3.2 + 0 * severity),
        "mental_health": (population.mental_health[person] & chance(0 * severity))
        | crisis & chance(1.0 + 0 * severity),
        "lives_with_victim": _living_together(incidents, rng),
    }
    return incidents.assign(type=types, **{name: facts[name] for name in FACTS})


def _types(
    incidents: pd.DataFrame, population: Population, rng: np.random.Generator
) -> npt.NDArray[np.object_]:
    band = incidents["band"].to_numpy()
    person = incidents["person"].to_numpy()
    apart = incidents["apart"].to_numpy(dtype=bool)
    types = np.empty(len(band), dtype=object)
    for level, weights in enumerate(TYPE_WEIGHTS):
        rows = np.flatnonzero(band == level)
        log_weights = np.log(list(weights.values())) + np.zeros((len(rows), 1))
        for column, name in enumerate(weights):
            if name in LEANINGS:
                leaning: Floats = getattr(population, LEANINGS[name])
                log_weights[:, column] += leaning[person[rows]]
            if name in ("stalking", "harassment", "malicious_communications"):
                log_weights[:, column] += 0.9 * apart[rows]
        choice = (log_weights + rng.gumbel(size=log_weights.shape)).argmax(axis=1)
        types[rows] = np.array(list(weights), dtype=object)[choice]
    breach = incidents["breach"].to_numpy(dtype=bool) & (band <= 1)
    types[breach] = "breach_of_order"
    return types


def _living_together(incidents: pd.DataFrame, rng: np.random.Generator) -> Bools:
    together = (incidents["relationship"] == PARTNER) & ~incidents["under_order"].astype(bool)
    family = incidents["relationship"] > FORMER_PARTNER
    share = np.select([together, family], [0.8, 0.45], 0.03)
    return np.asarray(rng.random(len(share)) < share)
