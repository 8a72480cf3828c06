"""A model file with a search, from the command line."""

from __future__ import annotations

import pytest

SEARCH = """
search:
  method: random
  trials: 2
  folds: 1
  parameters:
    max_iter: {low: 5, high: 30}
    max_leaf_nodes: [3, 4]
"""


@pytest.mark.slow
def test_a_search_is_told_kept_and_left_out_where_nobody_wants_it(program, workspace) -> None:
    models = workspace / "models"
    (models / "elastic_net.yaml").unlink()
    spec = models / "hist_gradient_boosting.yaml"
    spec.write_text(spec.read_text() + SEARCH)
    panel = workspace / "configs" / "panel.yaml"
    panel.write_text(panel.read_text().replace("ensemble: 10", "ensemble: 0"))

    done = program.must("train", "--workspace", workspace)
    assert "hist_gradient_boosting: parameters chosen among 3 settings (random search)" in done.err
    card = program.must("card", 1, "--workspace", workspace).out
    assert "parameters chosen among 3 settings" in card

    plain = program.must("train", "--no-search", "--workspace", workspace)
    assert "parameters chosen" not in plain.err
    assert "fits of the same data, models and code were taken" in plain.err
