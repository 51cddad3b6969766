"""A rehearsal on real workers: processes, one of which is killed, and a dask cluster, all to the same
bits."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from equipoise import protocol
from equipoise.design.blocks import Work, work_of
from equipoise.design.cache import Cache
from equipoise.design.engine import Engine
from equipoise.design.executors import cluster, processes

SECONDS_TO_END = 20
PROTOCOLS = Path(__file__).parents[2] / "protocols"


@pytest.fixture(scope="module")
def work() -> Work:
    text = (PROTOCOLS / "frontline.yaml").read_bytes()
    resolved = protocol.resolve(protocol.load(text, name="frontline"))
    scenario = resolved.protocol.scenario("back-2024")
    estimands = ("primary", "primary_mmrm", "response")
    return work_of(resolved, scenario, estimands=estimands, seed=3, participants=12, size=32)


@pytest.fixture(scope="module")
def expected(work):
    return Engine().collect([(work, 128)])[work]


def test_processes_give_the_same_bits_and_a_killed_worker_loses_nothing(work, expected, tmp_path):
    said, killed = [], []

    def kill(_):
        if not killed:
            killed.append(next(iter(engine._executor._processes)))
            os.kill(killed[0], signal.SIGKILL)

    engine = Engine(processes(2), Cache(tmp_path), listen=kill, warn=said.append)
    with engine:
        found = engine.collect([(work, 128)])[work]
    assert np.array_equal(found, expected, equal_nan=True)
    assert killed
    assert "lost" in said[0]
    assert "trying again" in said[0]


def test_a_cluster_gives_the_same_bits(work, expected):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is an extra")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        Engine(cluster(local.scheduler_address)) as engine,
    ):
        found = engine.collect([(work, 128)])[work]
    assert np.array_equal(found, expected, equal_nan=True)


STARTER = """
import os, time
from equipoise.design.executors import processes

if __name__ == "__main__":
    with processes(1).open() as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        time.sleep(600)
"""


def test_workers_end_when_whoever_started_them_is_killed(tmp_path):
    script = tmp_path / "starter.py"
    script.write_text(STARTER)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as starter:
        worker = int(starter.stdout.readline())
        os.kill(worker, 0)
        starter.kill()
    until = time.monotonic() + SECONDS_TO_END
    while Path(f"/proc/{worker}/cmdline").exists() and Path(f"/proc/{worker}/cmdline").read_bytes():
        assert time.monotonic() < until, "the worker waits for work that nobody will send"
        time.sleep(0.1)
