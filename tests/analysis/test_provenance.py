"""Whether each question was fixed before anybody could know the answer."""

import dataclasses
from typing import Any

import pytest

from equipoise.analysis.provenance import Provenance, digest, provenance_table, versions

NOW = Provenance(
    command="equipoise analyze", created_at="2031-01-01T00:00:00+00:00", versions={"equipoise": "0"}
)


def verdict(study: Any, *, blinded: bool = False) -> tuple[str, str]:
    (row,) = provenance_table(study.pooled if blinded else study.evidence, NOW)["estimands"]
    assert row["sha256"] == study.resolved.estimand_hashes["primary"]
    return row["fixed"], row["why"]


def test_an_estimand_fixed_before_the_first_unblinding_says_so(six: Any) -> None:
    six.manifest["fixed_at"] = "2030-01-01T00:00:00Z"
    six.assigned[0]["unblinded_at"] = "2030-02-08T12:00:00Z"
    six.assigned[1]["unblinded_at"] = "2030-02-07T12:00:00Z"
    assert verdict(six) == (
        "before first unblinding",
        "fixed 2030-01-01T00:00:00Z, first unblinding 2030-02-07T12:00:00Z",
    )


def test_one_fixed_later_is_post_hoc(six: Any) -> None:
    six.manifest["fixed_at"] = "2030-02-07T12:00:01Z"
    six.assigned[0]["unblinded_at"] = "2030-02-07T12:00:00Z"
    fixed, why = verdict(six)
    assert fixed == "post hoc"
    assert why == "fixed 2030-02-07T12:00:01Z, not before the first unblinding (2030-02-07T12:00:00Z)"


def test_without_a_recorded_unblinding_this_analysis_is_the_first(six: Any) -> None:
    six.manifest["fixed_at"] = "2030-12-31T23:59:59Z"
    assert verdict(six)[0] == "before first unblinding"
    six.manifest["fixed_at"] = "2031-01-01T00:00:00Z"
    assert verdict(six)[0] == "post hoc"


def test_without_a_record_it_is_post_hoc(six: Any) -> None:
    assert verdict(six) == ("post hoc", "the records do not say that an analysis was fixed")


def test_a_changed_estimand_is_post_hoc(six: Any, pocket: Any) -> None:
    six.manifest["fixed_at"] = "2030-01-01T00:00:00Z"
    evidence = six.evidence
    changed = dataclasses.replace(evidence, resolved=pocket(estimand={"population": "all_treated"}))
    (row,) = provenance_table(changed, NOW)["estimands"]
    assert (row["fixed"], row["why"]) == ("post hoc", "it differs from what the records say was fixed")


def test_a_new_estimand_is_post_hoc(six: Any) -> None:
    six.manifest["fixed_at"] = "2030-01-01T00:00:00Z"
    evidence = six.evidence
    manifest = dataclasses.replace(evidence.records.manifest, estimands={"other": "0"})
    changed = dataclasses.replace(evidence, records=dataclasses.replace(evidence.records, manifest=manifest))
    (row,) = provenance_table(changed, NOW)["estimands"]
    assert row["why"] == "it is not among the estimands that the records say were fixed"


def test_before_anybody_is_unblinded_what_was_fixed_is_in_time(six: Any) -> None:
    six.manifest["fixed_at"] = "2030-01-01T00:00:00Z"
    assert verdict(six, blinded=True)[0] == "before first unblinding"


def test_the_blinded_provenance_betrays_no_seed_and_no_digest_of_hidden_files(six: Any) -> None:
    six.manifest |= {"seed": 7, "chain_head": "abc"}
    open_table, closed = provenance_table(six.evidence, NOW), provenance_table(six.pooled, NOW)
    assert [open_table["seed"], open_table["chain_head"]] == [7, "abc"]
    assert [closed["seed"], closed["chain_head"]] == [None, None]
    assert closed["records"] == digest(six.pooled.records) != open_table["records"]


def test_it_says_what_computed(six: Any) -> None:
    table = provenance_table(six.evidence, dataclasses.replace(NOW, versions=versions()))
    assert {"equipoise", "python", "numpy", "scipy", "pandas"} == set(table["versions"])
    assert [table["command"], table["created_at"]] == [NOW.command, NOW.created_at]
    assert table["hashes"] == six.resolved.hashes


@pytest.mark.parametrize("table", ["values", "visits", "participants"])
def test_the_digest_ignores_the_order_of_rows_and_notices_every_change(table: str, six: Any) -> None:
    before = digest(six.records)
    six.rows[table].reverse()
    assert digest(six.records) == before
    six.rows[table].pop()
    assert digest(six.records) != before
