"""A search for parameters as people write it: ``search:`` in a file of ``models/``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import pydantic
from sklearn.model_selection import ParameterGrid, ParameterSampler

from triage.workspace import Strict

__all__ = ["Search", "Span", "settings_of"]

DIGITS = 4


def _number(value: object) -> object:
    """Return a number as written; YAML takes 1e-4, without its point, for a text."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be a number")
    return value


Number = Annotated[int | float, pydantic.BeforeValidator(_number)]


class Span(Strict):
    """All numbers between two, both included; whole ones where both are whole.

    Parameters
    ----------
    low, high : number
    scale : {"even", "log"}
        Whether every number is as likely as every other, or every order of magnitude.
    """

    low: Number
    high: Number
    scale: Literal["even", "log"] = "even"

    @pydantic.model_validator(mode="after")
    def _rises(self) -> Span:
        if not self.low < self.high:
            raise ValueError("'low' must be below 'high'")
        if self.scale == "log" and not self.low > 0:
            raise ValueError("'low' must be above 0 where the scale is 'log'")
        return self

    def rvs(self, random_state: np.random.RandomState) -> float | int:
        """Return a number drawn at random, to four digits; the name is scikit-learn's.

        Examples
        --------
        >>> Span(low=0.01, high=1.0, scale="log").rvs(np.random.RandomState(1))
        0.06824
        """
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        share = float(random_state.random_sample())
        if self.scale == "log":
            drawn = math.exp(math.log(self.low) + share * math.log(self.high / self.low))
        elif whole:
            drawn = math.floor(self.low + share * (self.high - self.low + 1))
        else:
            drawn = self.low + share * (self.high - self.low)
        rounded = round(drawn) if whole else float(f"{drawn:.{DIGITS}g}")
        return min(max(rounded, self.low), self.high)


def _is_list(value: object) -> str:
    return "values" if isinstance(value, list) else "span"


Values = Annotated[
    Annotated[list[Any], pydantic.Tag("values")] | Annotated[Span, pydantic.Tag("span")],
    pydantic.Discriminator(_is_list),
]


class Search(Strict):
    """Which parameters are tried, and how the best of them are found.

    Parameters
    ----------
    method : {"random", "halving"}
        Every setting learns from everyone; or all begin with a share of the people, and a third of
        them, the best, go on with three times as many.
    trials : int
        How many settings are drawn, beside the file's own parameters, which always take part.
    measure : {"harm_captured", "auc"}
        What the best setting has most of, on the mean of the periods: the share of the harm that
        followed of those within the panel's capacity, or the order of everyone.
    folds : int
        How many periods the settings are tried on. All of them, and the outcomes in them, lie
        before the first test period of the training.
    test_days : int, optional
        Length of each; by default that of a test period.
    seed : int, optional
        By default that of the training.
    parameters : dict of str to list or Span
        Parameter → the values among which it is drawn, or a span of numbers.
    """

    method: Literal["random", "halving"] = "random"
    trials: int = pydantic.Field(ge=1, le=10_000)
    measure: Literal["harm_captured", "auc"] = "harm_captured"
    folds: int = pydantic.Field(default=2, ge=1)
    test_days: int | None = pydantic.Field(default=None, ge=1)
    seed: int | None = pydantic.Field(default=None, ge=0, lt=2**32)
    parameters: dict[str, Values] = pydantic.Field(min_length=1)

    @pydantic.field_validator("parameters")
    @classmethod
    def _has_values(cls, content: dict[str, Values]) -> dict[str, Values]:
        empty = [name for name, values in content.items() if values == []]
        if empty:
            raise ValueError(f"'{empty[0]}' has no values")
        return content

    def ends(self) -> dict[str, list[Any]]:
        """Return for each parameter the values that must be allowed for all to be."""
        return {
            name: [values.low, values.high] if isinstance(values, Span) else values
            for name, values in self.parameters.items()
        }


def settings_of(search: Search, own: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Return the settings to be tried, none twice: the file's own parameters, then those drawn.

    Parameters
    ----------
    search : Search
    own : mapping
        The file's parameters; those that are not searched stay.
    seed : int
        Where the search has none of its own.

    Examples
    --------
    >>> search = Search(trials=9, parameters={"max_depth": [2, 3]})
    >>> settings_of(search, {"max_depth": 3, "max_iter": 50}, seed=1)
    [{'max_depth': 3, 'max_iter': 50}, {'max_depth': 2, 'max_iter': 50}]
    """
    trials, drawn_from = search.trials, search.parameters
    if not any(isinstance(values, Span) for values in drawn_from.values()):
        trials = min(trials, len(ParameterGrid(drawn_from)))
    drawn = ParameterSampler(
        drawn_from, trials, random_state=seed if search.seed is None else search.seed
    )
    settings = [dict(own), *({**own, **one} for one in drawn)]
    once: dict[str, dict[str, Any]] = {}
    for one in settings:
        once.setdefault(json.dumps(one, sort_keys=True, default=repr), one)
    return list(once.values())
