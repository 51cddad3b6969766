"""Priors: what is shipped, what is combined, and the draws of an effect."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equipoise.design import check, draw, prior_draws, prior_of, published_priors
from equipoise.design.priors import combine
from equipoise.errors import ProtocolError

GOLDEN = Path(__file__).parents[1] / "golden" / "priors" / "expected.csv"
ASSURANCE = {
    "id": "believed",
    "scenario": "truth",
    "score": "madrs.total",
    "arm": "drug",
    "visit": "D28",
    "prior": "believed",
}
STANDARD_ERRORS = 4.0


def _rows() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _believing(stated: dict[str, Any], **changes: Any) -> Any:
    def edit(data: dict[str, Any]) -> None:
        data["simulation"].update(priors={"believed": stated}, assurance=[{**ASSURANCE, **changes}])

    return edit


def _assurance(truth: Any) -> Any:
    return truth.resolved.protocol.simulation.assurance[0]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["quantity"])
def test_combined_trials_are_those_of_metafor(row: dict[str, str]) -> None:
    name, _, what = row["quantity"].partition("/")
    found = getattr(published_priors()[name], what)
    assert found == pytest.approx(float(row["value"]), abs=float(row["tolerance"]))


def test_every_shipped_prior_says_where_it_comes_from() -> None:
    priors = published_priors()
    assert {name: priors[name].mean for name in ("back-2024", "goodwin-2022", "comp005", "comp006")} == {
        "back-2024": -12.0,
        "goodwin-2022": -6.6,
        "comp005": -3.6,
        "comp006": -3.8,
    }
    assert -3.8 < priors["phase-3"].mean < -3.6
    assert all(one.source and one.label and one.sd > 0 for one in priors.values())


def test_a_standard_error_is_the_width_of_the_published_interval() -> None:
    for name, width in (("back-2024", 11.34), ("raison-2023", 10.3), ("goodwin-2022", 7.3), ("comp005", 4.2)):
        # Back's interval rests on a t distribution of 28 degrees of freedom.
        quantile = 2.0484 if name == "back-2024" else 1.96
        assert published_priors()[name].sd == pytest.approx(width / (2 * quantile), abs=0.01)


def test_trials_that_agree_have_no_spread_between_them() -> None:
    found = combine(np.array([-4.0, -4.1]), np.array([1.0, 1.0]), heterogeneous=True)
    assert found.tau_squared == 0
    assert found.std_error == pytest.approx(np.sqrt(0.5))


def test_a_mixture_is_drawn_in_its_shares(ready: Any) -> None:
    parts = [{"weight": 3, "mean": -12, "sd": 1}, {"weight": 1, "mean": 0, "sd": 0.5}]
    truth = ready(_believing({"components": parts}))
    found = prior_draws(truth, _assurance(truth), range(4000), seed=3)
    near = found.effect > -5
    assert abs(near.mean() - 0.25) < STANDARD_ERRORS * np.sqrt(0.25 * 0.75 / near.size)
    for there, mean, sd in ((near, 0.0, 0.5), (~near, -12.0, 1.0)):
        assert abs(found.effect[there].mean() - mean) < STANDARD_ERRORS * sd / np.sqrt(there.sum())
    prior = prior_of(truth.resolved.protocol.simulation, "believed")
    assert prior.mean == pytest.approx(-9.0)
    assert prior.sd == pytest.approx(np.sqrt(0.75 * 145 + 0.25 * 0.25 - 81))


def test_the_factor_turns_the_stated_effect_into_the_one_drawn(ready: Any) -> None:
    truth = ready(_believing({"mean": -6, "sd": 2}))
    found = prior_draws(truth, _assurance(truth), range(8), seed=3)
    assert np.allclose(found.scale * -8.0, found.effect)
    batch = draw(truth, range(8), seed=3, effect_scale=found.scale)
    assert len(batch.replicates) == 8


def test_a_replicate_s_effect_is_the_same_alone_and_in_a_batch(ready: Any) -> None:
    truth = ready(_believing({"mean": -6, "sd": 2}))
    together = prior_draws(truth, _assurance(truth), range(70), seed=3).effect
    for replicate in (0, 33, 69):
        assert prior_draws(truth, _assurance(truth), [replicate], seed=3).effect[0] == together[replicate]


def test_a_prior_that_nobody_knows_is_named(small: Any) -> None:
    resolved = small(_believing({"mean": -6, "sd": 2}, prior="guessed"))
    (found,) = check(resolved.protocol)
    assert found.message == "there is no prior `guessed`"
    assert "back-2024" in found.hint
    with pytest.raises(ProtocolError, match="guessed"):
        prior_of(resolved.protocol.simulation, "guessed")


def test_an_effect_of_0_cannot_be_scaled(small: Any) -> None:
    (found,) = check(small(_believing({"mean": -6, "sd": 2}, visit="BASE")).protocol)
    assert "states no effect on `madrs.total` in drug at BASE" in found.message
