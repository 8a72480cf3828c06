"""Every fact that a model looks at, with what it adds to a score: what two cases differ by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.explain.contributions import Contributions
from triage.features import FeatureMatrix

__all__ = ["MOST_TOLD", "weights_table"]

MOST_TOLD = 500
"""Of how many referrals, from the top of a list, every single fact is kept in words."""

SCHEMA = pa.schema(
    [
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("referral_id", "theme", "theme_title", "group", "name", "text")
        ),
        pa.field("known", pa.bool_(), nullable=False),
        pa.field("contribution", pa.float64(), nullable=False),
    ]
)


def weights_table(
    contributions: Contributions,
    X: FeatureMatrix,
    rows: npt.NDArray[np.int64],
    referral_ids: Sequence[str],
) -> pa.Table:
    """Return each single fact of some referrals in words, and what it adds to the score.

    Parameters
    ----------
    contributions : Contributions, of n_rows rows
    X : FeatureMatrix, of n_rows rows
        With at least the features that were explained.
    rows : ndarray of int64, shape (n_told,)
        Those that are told, in the order of the list.
    referral_ids : sequence of str, shape (n_rows,)

    Returns
    -------
    pyarrow.Table
        n_told × n_features rows: ``referral_id``, ``theme`` and ``theme_title`` (the pipeline),
        ``group`` (a feature without its window, told as one reason), ``name``, ``text``, ``known``
        and ``contribution`` (log-odds, or points). A referral's contributions and the base sum to
        its score.
    """
    features = contributions.features
    values = X.select([feature.name for feature in features]).values[rows]
    texts = [
        [feature.describe(float(value)) for value in column]
        for feature, column in zip(features, values.T, strict=True)
    ]
    each = np.tile(np.arange(len(features)), len(rows))
    named = {
        "theme": [feature.theme for feature in features],
        "theme_title": [feature.theme_title for feature in features],
        "group": [feature.group for feature in features],
        "name": [feature.name for feature in features],
    }
    return pa.table(
        {
            "referral_id": pa.array(
                np.repeat([referral_ids[row] for row in rows.tolist()], len(features)), pa.string()
            ),
            **{
                column: pa.array(names, pa.string()).take(pa.array(each))
                for column, names in named.items()
            },
            "text": pa.array([text for row in zip(*texts, strict=True) for text in row]),
            "known": ~np.isnan(values.ravel()),
            "contribution": contributions.values[rows].ravel(),
        }
    ).cast(SCHEMA)
