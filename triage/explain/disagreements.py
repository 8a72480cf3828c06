"""Where a rule raises a referral on a fact that lowers the model's score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from triage.explain.contributions import Contributions
from triage.explain.telling import LEAST
from triage.features import FeatureMatrix
from triage.rules import MUST_DISCUSS, URGENT, Trace

__all__ = ["disagreements_table"]

SCHEMA = pa.schema(
    [
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in ("referral_id", "rule_id", "title", "name", "text")
        ),
        pa.field("contribution", pa.float64(), nullable=False),
    ]
)


def disagreements_table(
    contributions: Contributions,
    X: FeatureMatrix,
    trace: Trace,
    rows: npt.NDArray[np.int64],
    referral_ids: Sequence[str],
) -> pa.Table:
    """Return the facts on which rules and model pull different ways.

    Parameters
    ----------
    contributions : Contributions, of n_rows rows
    X : FeatureMatrix, of n_rows rows
    trace : Trace, of n_rows rows
    rows : ndarray of int64, shape (n,)
        Those that are ranked, in order.
    referral_ids : sequence of str, shape (n_rows,)

    Returns
    -------
    pyarrow.Table
        One row a referral, a rule that raises it, and a feature that decides the rule and whose
        windows together lower the score: ``referral_id``, ``rule_id`` and ``title``, the feature's
        ``name`` and ``text``, and the ``contribution`` of all its windows.
    """
    found = _found(contributions, X, trace, rows, referral_ids)
    return pa.Table.from_pylist(list(found), schema=SCHEMA)


def _found(
    contributions: Contributions,
    X: FeatureMatrix,
    trace: Trace,
    rows: npt.NDArray[np.int64],
    referral_ids: Sequence[str],
) -> Iterator[dict[str, Any]]:
    columns: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for column, feature in enumerate(contributions.features):
        columns[feature.theme, feature.group].append(column)
    features = {one.name: one for one in X.features}
    raised = trace.fires(URGENT) | trace.fires(MUST_DISCUSS)
    for row in rows[raised[rows]].tolist():
        for finding in trace.fired(row):
            if finding.rule.effect not in (URGENT, MUST_DISCUSS):
                continue
            for field in dict.fromkeys(test.field for test in finding.tests):
                if field not in features:
                    continue
                feature = features[field]
                together = columns.get((feature.theme, feature.group), [])
                total = float(contributions.values[row, together].sum())
                if total <= -LEAST:
                    yield {
                        "referral_id": referral_ids[row],
                        "rule_id": finding.rule.id,
                        "title": finding.rule.title,
                        "name": field,
                        "text": feature.describe(float(X.column(field)[row])),
                        "contribution": total,
                    }
