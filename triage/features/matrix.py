"""The feature matrix: a row a moment, a column a feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.features.definitions import Feature

__all__ = ["FeatureMatrix", "feature_schema", "feature_table"]


@dataclass(frozen=True)
class FeatureMatrix:
    """Every feature of every moment.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows, n_features)
        NaN where a value is not known. Each feature's values lie together in memory.
    features : tuple of Feature, shape (n_features,)
    """

    values: npt.NDArray[np.float64]
    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        if self.values.shape[1:] != (len(self.features),):
            raise ValueError(f"{self.values.shape} values for {len(self.features)} features")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in the order of the columns."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """Return the values of one feature, shape (n_rows,)."""
        return self.values[:, self._position[name]]

    def feature(self, name: str) -> Feature:
        """Return a feature by its name."""
        return self.features[self._position[name]]

    def select(self, names: Sequence[str]) -> FeatureMatrix:
        """Return the matrix of these features, in this order."""
        positions = [self._position[name] for name in names]
        values = np.asfortranarray(self.values[:, positions])
        return FeatureMatrix(values, tuple(self.features[position] for position in positions))

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> FeatureMatrix:
        """Return the matrix of these rows."""
        return FeatureMatrix(np.asfortranarray(self.values[rows]), self.features)


def feature_schema(features: Sequence[Feature]) -> pa.Schema:
    """Return the columns of a stored feature matrix: ids, the as-of date, and every feature."""
    return pa.schema(
        [
            ("referral_id", pa.string()),
            ("person_id", pa.string()),
            ("as_of", pa.date32()),
            *((feature.name, pa.float64()) for feature in features),
        ]
    )


def feature_table(
    matrix: FeatureMatrix, referrals: pa.Table, days: npt.NDArray[np.int32]
) -> pa.Table:
    """Return a feature matrix as it is stored.

    Parameters
    ----------
    matrix : FeatureMatrix
        n_rows × n_features.
    referrals : pyarrow.Table
        The referral of each row.
    days : ndarray of int32, shape (n_rows,)
        The as-of date of each row, in days since 1970-01-01.

    Returns
    -------
    pyarrow.Table
        Of :func:`feature_schema`; null where a value is not known.
    """
    columns = [
        referrals["referral_id"],
        referrals["person_id"],
        pa.array(days, pa.int32()).cast(pa.date32()),
        *map(_known_alone, matrix.values.T, matrix.features),
    ]
    return pa.table(columns, schema=feature_schema(matrix.features))


def _known_alone(values: npt.NDArray[np.float64], feature: Feature) -> pa.Array:
    """Return a feature's values, null where not known: sooner than Arrow tells them apart."""
    known = ~np.isnan(values) if feature.may_be_unknown else np.ones(0, dtype=bool)
    if known.all():
        return pa.array(values, pa.float64())
    bits = np.packbits(known, bitorder="little")
    buffers = [pa.py_buffer(bits), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(pa.float64(), len(values), buffers)
