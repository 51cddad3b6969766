"""Subgroups: estimates, never claims."""

from collections.abc import Callable
from typing import Any

import pytest

from equipoise.analysis.subgroups import subgroups_table

WOMEN = [{"id": "women", "label": "Women", "rule": 'demographics.sex@BASE == "F"'}]


def test_a_subgroup_and_the_others_are_estimated_without_p_values(
    study: Callable[..., Any], filled: Callable[..., Any]
) -> None:
    chosen = filled(study(subgroups=WOMEN))
    for who, sex in (("P1", "F"), ("P2", "F"), ("P4", "F"), ("P5", "F"), ("P3", "M")):
        chosen.code(who, "BASE", "demographics", "sex", sex)
    inside, outside = subgroups_table(chosen.evidence)
    assert [inside["label"], inside["n"], inside["unknown"]] == ["Women", 4, 1]
    assert inside["estimate"] == pytest.approx(-18 - (-5))
    assert [outside["label"], outside["estimate"]] == ["Others", None]
    assert outside["status"].startswith("not estimable")
    assert not any("p_value" in row for row in (inside, outside))


def test_without_an_allocation_there_are_none(study: Callable[..., Any], filled: Callable[..., Any]) -> None:
    assert subgroups_table(filled(study(subgroups=WOMEN)).pooled) == []
