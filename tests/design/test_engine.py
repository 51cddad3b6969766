"""Blocks are the same to the bit wherever they are computed, and none that is finished is ever lost."""

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise import protocol
from equipoise.design import cache as keeping
from equipoise.design.blocks import NO_EFFECT, Work, compute, key_of, work_of
from equipoise.design.cache import Cache
from equipoise.design.engine import Engine
from equipoise.design.executors import Here, Workers, cluster, serial
from equipoise.errors import ProtocolError, TrialError

PROTOCOLS = Path(__file__).parents[2] / "protocols"
ESTIMANDS = ("primary", "primary_mmrm", "response")


@pytest.fixture(scope="module")
def flagship():
    return protocol.resolve(protocol.load((PROTOCOLS / "frontline.yaml").read_bytes(), name="frontline"))


@pytest.fixture(scope="module")
def work(flagship) -> Work:
    scenario = flagship.protocol.scenario("back-2024")
    return work_of(flagship, scenario, estimands=ESTIMANDS, seed=3, participants=12, size=32)


@pytest.fixture(scope="module")
def expected(work):
    return Engine().collect([(work, 128)])[work]


def test_a_block_depends_on_its_number_alone(work, expected):
    assert np.array_equal(compute(work, 2), expected[..., 64:96], equal_nan=True)
    assert expected.shape == (7, 3, 1, 128)
    assert not np.array_equal(expected[..., :32], expected[..., 32:64], equal_nan=True)


def test_what_was_finished_is_not_computed_again(work, expected, tmp_path):
    class Stop(Exception):  # noqa: N818
        pass

    def stop(step):
        if step.computed == 64:
            raise Stop

    with pytest.raises(Stop):
        Engine(cache=Cache(tmp_path), listen=stop).collect([(work, 128)])
    steps = []
    found = Engine(cache=Cache(tmp_path), listen=steps.append).collect([(work, 128)])[work]
    assert np.array_equal(found, expected, equal_nan=True)
    assert [(step.found, step.computed) for step in steps] == [(64, 32), (64, 64)]
    Engine(cache=Cache(tmp_path), listen=pytest.fail).collect([(work, 128)])


def test_a_damaged_block_is_computed_again(work, expected, tmp_path):
    Engine(cache=Cache(tmp_path)).collect([(work, 32)])
    (kept,) = tmp_path.rglob("*.block")
    kept.write_bytes(kept.read_bytes()[:-8])
    found = Engine(cache=Cache(tmp_path)).collect([(work, 32)])[work]
    assert np.array_equal(found, expected[..., :32], equal_nan=True)


def test_a_full_disk_costs_nothing_but_the_cache_and_says_so_once(work, expected, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keeping.os, "fsync", full)
    said = []
    found = Engine(cache=Cache(tmp_path, warn=said.append)).collect([(work, 64)])[work]
    assert np.array_equal(found, expected[..., :64], equal_nan=True)
    assert len(said) == 1
    assert "No space left" in said[0]
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_workers_lost_again_and_again_end_the_run(work):
    class Dying(Here):
        def submit(self, fn, /, *args, **kwargs):
            return super().submit(self.die)

        @staticmethod
        def die():
            raise ConnectionError("gone")

    said = []
    workers = Workers(Dying, lambda _: 1, (ConnectionError,), "a cluster")
    with pytest.raises(TrialError, match="3 times in a row"):
        Engine(workers, warn=said.append).collect([(work, 32)])
    assert len(said) == 2


def test_a_missing_cluster_library_is_named(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr("equipoise.design.executors.importlib.import_module", absent)
    with pytest.raises(ProtocolError, match="equipoise\\[cluster\\]"):
        cluster("tcp://127.0.0.1:1")


def test_words_change_no_key_and_numbers_do(flagship, work):
    key = key_of(work)
    scenario = flagship.protocol.scenario("back-2024")
    assert key_of(replace(work, scenario=scenario.model_copy(update={"label": "x"}).model_dump_json())) == key
    assert key_of(replace(work, scenario=scenario.model_copy(update={"sites": 2}).model_dump_json())) != key
    assert (
        len(
            {
                key_of(replace(work, **one))
                for one in ({"seed": 4}, {"participants": 14}, {"effect": NO_EFFECT}, {})
            }
        )
        == 4
    )


def test_the_planned_procedure_changes_no_key_but_its_level_does(flagship, work):
    plan = flagship.protocol.multiplicity

    def with_plan(**update):
        changed = flagship.protocol.model_copy(update={"multiplicity": plan.model_copy(update=update)})
        return key_of(replace(work, protocol=changed.model_dump_json(by_alias=True)))

    assert with_plan(order=("ptsd", "primary")) == key_of(work)
    assert with_plan(alpha=0.01) != key_of(work)


def test_without_the_effect_of_the_drug_less_is_found(flagship, work, expected):
    none = replace(work, effect=NO_EFFECT)
    found = Engine(serial()).collect([(none, 128)])[none]
    assert abs(np.nanmean(found[0, 0])) < 1.5 < abs(np.nanmean(expected[0, 0]))


def test_an_estimand_without_a_batch_path_is_analyzed_from_records(flagship):
    protocol_ = flagship.protocol
    primary = protocol_.primary
    slow = primary.model_copy(
        update={
            "id": "jump",
            "role": "sensitivity",
            "estimator": primary.estimator.model_copy(update={"name": "mmrm-jr"}),
            "variance": "jackknife",
            "missing": "missing_at_random",
        }
    )
    changed = protocol_.model_copy(update={"estimands": (*protocol_.estimands, slow)})
    work = work_of(
        protocol.resolve(changed),
        protocol_.scenario("back-2024"),
        estimands=("primary", "jump"),
        seed=3,
        participants=16,
        size=2,
    )
    found = compute(work, 0)
    assert np.isfinite(found[0]).all()
    assert not np.allclose(found[1, 0], found[1, 1])
