"""Tests of `equipoise.allocation.list`."""

import hashlib
import json
import re
import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise import allocation
from equipoise.allocation import Plan, StratumFactor, draw
from equipoise.allocation.list import identify
from equipoise.errors import IntegrityError, ProtocolError, RecordError

REPOSITORY = Path(__file__).parents[2]
NAMES = ("blocks", "stratified", "big_stick", "efron", "complete")
EQUAL = {"psilocybin": 1, "niacin": 1}
SITES = StratumFactor("site", ("seattle", "denver"))


@pytest.fixture(scope="module")
def replay():
    page = (REPOSITORY / "docs" / "methods" / "allocation.md").read_text(encoding="utf-8")
    namespace = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1), namespace)  # noqa: S102 - our own page
    return namespace["replay"]


def _tuples(drawn):
    return [(slot.stratum, slot.position, slot.arm, slot.kit) for slot in drawn]


@pytest.mark.parametrize("name", NAMES)
def test_lists_are_those_of_every_earlier_version(name, golden_plans, golden_rows, seed, canonical):
    drawn = draw(golden_plans[name][0], seed=seed, canonical=canonical)
    rows = golden_rows("allocation_list", f"{name}.csv")
    assert _tuples(drawn) == [(r["stratum"], int(r["position"]), r["arm"], r["kit"]) for r in rows]
    expected = {r["quantity"]: r["value"] for r in golden_rows("allocation_list", "expected.csv")}
    assert hashlib.sha256(drawn.canonical()).hexdigest() == expected[f"{name}.sha256"]


@settings(max_examples=20)
@given(name=st.sampled_from(NAMES), secret=st.binary(min_size=16, max_size=40), length=st.integers(1, 30))
def test_the_lines_in_the_documentation_draw_the_same_list(replay, golden_plans, name, secret, length):
    plan, plain = golden_plans[name]
    drawn = draw(plan, seed=secret, canonical=b"x", length=length)
    assert _tuples(drawn) == replay({**plain, "length": length}, secret, b"x")


def test_the_documented_lines_are_few_and_need_the_standard_library_only():
    page = (REPOSITORY / "docs" / "methods" / "allocation.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    assert re.findall(r"^(?:import|from) .*", code, re.MULTILINE) == [
        "import fractions, hashlib, hmac, itertools"
    ]
    assert len([line for line in code.splitlines() if line.strip()]) == 35
    assert "Thirty-five lines" in page


@settings(max_examples=20)
@given(name=st.sampled_from(NAMES), short=st.integers(1, 15), more=st.integers(0, 15))
def test_a_longer_list_begins_like_a_shorter_one(golden_plans, seed, canonical, name, short, more):
    plan = golden_plans[name][0]
    first = draw(plan, seed=seed, canonical=canonical, length=short)
    longer = draw(plan, seed=seed, canonical=canonical, length=short + more)
    for stratum in plan.stratum_names:
        assert longer.in_stratum(stratum)[:short] == first.in_stratum(stratum)


def test_the_order_of_arms_in_a_file_changes_nothing(seed, canonical):
    turned = dict(reversed(EQUAL.items()))
    plans = [Plan("permuted_blocks", ratio, block_sizes=(4,), length=20) for ratio in (EQUAL, turned)]
    assert len({draw(plan, seed=seed, canonical=canonical) for plan in plans}) == 1


@pytest.mark.parametrize("change", [{"seed": bytes(32)}, {"canonical": b"another protocol"}])
def test_another_seed_or_another_protocol_gives_another_list(golden_plans, seed, canonical, change):
    plan = golden_plans["blocks"][0]
    one, two = (
        draw(plan, seed=seed, canonical=canonical),
        draw(plan, **{"seed": seed, "canonical": canonical, **change}),
    )
    assert [slot.arm for slot in one] != [slot.arm for slot in two]
    assert not {slot.kit for slot in one} & {slot.kit for slot in two}


def test_a_stratum_does_not_depend_on_the_other_strata(seed, canonical):
    plan = Plan("permuted_blocks", EQUAL, block_sizes=(2, 4), strata=(SITES,), length=40)
    wider = replace(plan, strata=(StratumFactor("site", ("seattle", "boston", "denver")),))
    lists = [draw(p, seed=seed, canonical=canonical) for p in (plan, wider)]
    for site in SITES.levels:
        one, two = ([slot.arm for slot in drawn.in_stratum(f"site={site}")] for drawn in lists)
        assert one == two
    seattle, denver = ([slot.arm for slot in lists[0].in_stratum(f"site={site}")] for site in SITES.levels)
    assert seattle != denver


def test_kit_numbers_do_not_depend_on_arms_ratio_or_method(seed, canonical):
    plans = [
        Plan("complete", EQUAL, strata=(SITES,), length=30),
        Plan("complete", {"x": 5, "y": 1, "z": 2}, strata=(SITES,), length=30),
        Plan("permuted_blocks", EQUAL, block_sizes=(2, 6), strata=(SITES,), length=30),
        Plan("big_stick", EQUAL, maximum_imbalance=3, strata=(SITES,), length=30),
    ]
    lists = [draw(plan, seed=seed, canonical=canonical) for plan in plans]
    assert len({tuple(slot.kit for slot in drawn) for drawn in lists}) == 1
    assert len({tuple(slot.arm for slot in drawn) for drawn in lists}) == 4


def test_kit_numbers_are_unique_even_when_numbers_are_scarce(seed, canonical):
    drawn = draw(Plan("complete", EQUAL, length=100, kit_digits=3), seed=seed, canonical=canonical)
    kits = [slot.kit for slot in drawn]
    assert len(set(kits)) == 100
    assert {len(kit) for kit in kits} == {3}
    assert kits != sorted(kits)


def test_canonical_bytes_are_sorted_compact_json(golden_plans, seed, canonical):
    text = draw(golden_plans["stratified"][0], seed=seed, canonical=canonical, length=1).canonical()
    assert text.startswith(b'[{"arm":"')
    assert "zürich".encode() in text
    assert (
        json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        == text
    )


def test_a_list_is_named_by_the_hash_of_its_canonical_protocol(canonical):
    assert identify(canonical) == hashlib.sha256(canonical).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_no_repr_shows_an_arm_a_kit_or_a_block_size(golden_plans, seed, canonical, name):
    plan = golden_plans[name][0]
    drawn = draw(plan, seed=seed, canonical=canonical)
    shown = f"{plan} {plan!r} {drawn} {drawn!r} {drawn.slots[0]} {drawn.slots!r}"
    for secret in (
        "psilocybin",
        "niacin",
        "mg25",
        "mg10",
        "'a'",
        "'b'",
        "(2, 4)",
        *(slot.kit for slot in drawn),
    ):
        assert secret not in shown


def test_a_draw_without_a_length_or_a_seed_is_refused(seed, canonical):
    plan = Plan("complete", EQUAL)
    with pytest.raises(ProtocolError, match="no length"):
        draw(plan, seed=seed, canonical=canonical)
    with pytest.raises(ValueError, match="can be guessed"):
        draw(plan, seed=b"short", canonical=canonical, length=2)


@settings(max_examples=30)
@given(st.sets(st.integers(1, 12)), st.sampled_from(SITES.levels))
def test_next_is_the_lowest_free_position_of_the_stratum(seed, canonical, taken, site):
    drawn = draw(Plan("complete", EQUAL, strata=(SITES,), length=12), seed=seed, canonical=canonical)
    stratum = f"site={site}"
    assigned = {(stratum, position) for position in taken}
    free = set(range(1, 13)) - taken
    if free:
        slot = allocation.next(drawn, stratum, assigned=assigned)
        assert slot.place == (stratum, min(free))
    else:
        with pytest.raises(RecordError, match=site):
            allocation.next(drawn, stratum, assigned=assigned)


def test_a_whole_stratum_is_handed_out_in_order_and_then_said_to_be_exhausted(seed, canonical):
    drawn = draw(Plan("complete", EQUAL, strata=(SITES,), length=3), seed=seed, canonical=canonical)
    assigned = []
    for position in (1, 2, 3):
        slot = allocation.next(drawn, "site=denver", assigned=assigned)
        assert slot.position == position
        assigned.append(slot.place)
    with pytest.raises(RecordError, match="All 3 slots of stratum 'site=denver'"):
        allocation.next(drawn, "site=denver", assigned=assigned)
    assert allocation.next(drawn, "site=seattle", assigned=assigned).position == 1


def test_an_unknown_stratum_and_an_assignment_off_the_list_are_refused(seed, canonical):
    drawn = draw(Plan("complete", EQUAL, length=3), seed=seed, canonical=canonical)
    with pytest.raises(RecordError, match="no stratum 'site=boston'"):
        allocation.next(drawn, "site=boston", assigned=())
    with pytest.raises(IntegrityError, match="position 9 of stratum 'all'") as caught:
        allocation.next(drawn, "all", assigned={("all", 9)})
    assert "psilocybin" not in "".join(traceback.format_exception(caught.value))


def test_the_list_itself_imports_no_numerics():
    names = ("list", "plan", "stream", "procedure", "commitment")
    for name in names:
        source = (REPOSITORY / "src" / "equipoise" / "allocation" / f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"^(import|from) (numpy|pandas|scipy|random)\b", source, re.MULTILINE)


def test_a_list_is_the_same_in_a_process_with_another_hash_seed(golden_plans, seed, canonical):
    code = (
        "import hashlib; from equipoise.allocation import Plan, draw;"
        "p = Plan('permuted_blocks', {'psilocybin': 1, 'niacin': 1}, block_sizes=(2, 4), length=12);"
        "print(hashlib.sha256(draw(p, seed=hashlib.sha256(b'seed').digest(),"
        f" canonical={canonical!r}).canonical()).hexdigest())"
    )
    here = hashlib.sha256(
        draw(golden_plans["blocks"][0], seed=seed, canonical=canonical).canonical()
    ).hexdigest()
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert run.stdout.strip() == here
