"""Coverage on a real Dask cluster: two worker processes, and the same studies in each."""

import os
import sys

import numpy as np
import pytest
from distributed import Client, LocalCluster

from lmmlab.study.analysis import Analysis
from lmmlab.study.coverage import coverage
from lmmlab.study.layout import Layout, members, occasions
from lmmlab.study.missingness import Dropout
from lmmlab.study.simulate import root
from lmmlab.study.truth import Truth

LINE = ("1", "day")


@pytest.fixture(scope="module")
def client():
    workers = dict(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0")
    with LocalCluster(**workers) as cluster, Client(cluster) as client:
        yield client


def study(**options):
    codes = members([4, 6] * 5)
    layout = Layout(codes, {"day": occasions(codes)})
    truth = Truth(
        {"1": 10.0, "day": 1.0},
        LINE,
        root([2.0, 1.0]),
        1.5,
        dropout=Dropout("last value", 0.3),
    )
    analyses = {
        "OLS": Analysis(LINE, (), "day", "naive"),
        "RS": Analysis(LINE, LINE, "day", "satterthwaite"),
    }
    return coverage(truth, layout, analyses, replicates=300, **options)


def test_two_worker_processes_give_the_same(client):
    pids = set(client.run(os.getpid).values())
    assert len(pids) == 2 and os.getpid() not in pids
    idle = client.run(lambda: "lmmlab.study.coverage" in sys.modules)
    assert not any(idle.values())

    serial = list(study())
    with client.get_executor(pure=False) as executor:
        clustered = list(study(executor=executor))
    assert len(clustered) == 6
    for here, there in zip(serial, clustered, strict=True):
        assert here.names == there.names and here.replicates == there.replicates
        for name in ("coverage", "error", "target", "singular", "failures"):
            np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
        for name in ("estimate", "sd", "se", "df"):  # but for rounding, which depends on memory
            np.testing.assert_allclose(getattr(here, name), getattr(there, name), rtol=1e-9)

    worked = client.run(lambda: "lmmlab.study.coverage" in sys.modules)
    assert all(worked.values())  # both had a part of it


def test_a_study_that_is_left_early_frees_the_cluster(client):
    with client.get_executor(pure=False) as executor:
        running = study(executor=executor)
        assert next(running).replicates == 50
        running.close()
        assert executor.submit(sum, [1, 2]).result(timeout=30) == 3
