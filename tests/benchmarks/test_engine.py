"""How long the engine takes, beside its peers.

Run with ``pytest tests/benchmarks/test_engine.py --benchmark-only``. The peers' times were taken
once on a machine with two cores of an AMD EPYC (lme4 1.1-31 on R 4.2.2, statsmodels 0.15.0); only
statsmodels is timed again here, in the same process, and only the ratio to it is asserted. Times
are the best of many, in ms.
"""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lmmlab import ar1, lmm
from lmmlab.data import arrays, load
from lmmlab.engine.design import Design, Term, grouped
from lmmlab.formula import design
from lmmlab.kinship.families import families
from lmmlab.kinship.markers import relationship
from lmmlab.kinship.related import related
from lmmlab.kinship.scan import scan
from lmmlab.model.fit import fit
from lmmlab.study.batch import batch
from lmmlab.study.simulate import normals, response, root

BETA, ROOT, SIGMA = np.array([251.0, 10.5]), root([25.0, 6.0], 0.07), 25.0


@pytest.fixture(scope="module")
def sleepstudy():
    table = arrays("sleepstudy")
    X = np.column_stack([np.ones(180), table["Days"]])
    return table["Reaction"], X, table["Subject"]


def unbalanced(people):
    """y, X and groups of people with 6 to 14 visits, 10 on average, each at times of their own."""
    rng = np.random.default_rng(1)
    more = rng.integers(-4, 5, people // 2)
    groups = np.repeat(np.arange(people), 10 + np.concatenate([more, -more]))
    X = np.column_stack([np.ones(len(groups)), rng.uniform(0.0, 9.0, len(groups))])
    e = rng.standard_normal(len(groups))
    y = response(X, X, groups, BETA, ROOT, SIGMA, normals(1, people, 2), e)
    return y, X, groups


@pytest.mark.parametrize("closed", [True, False], ids=["closed form", "search"])
def test_sleepstudy_from_arrays(benchmark, beside, sleepstudy, statsmodels_ms, closed):
    y, X, groups = sleepstudy
    model = benchmark(lambda: fit(grouped(y, X, X, groups), closed=closed))
    assert model.deviance == pytest.approx(1743.6282719599, rel=1e-9)
    ratio = statsmodels_ms / (1e3 * benchmark.stats.stats.min)
    beside(2, lme4=7.8, statsmodels_now=round(statsmodels_ms, 1), statsmodels_ratio=round(ratio, 1))
    assert ratio > 4


def test_sleepstudy_from_formula_and_table(benchmark, beside):
    table = load("sleepstudy")
    model = benchmark(lambda: lmm("Reaction ~ Days + (Days | Subject)", table))
    assert model.deviance == pytest.approx(1743.6282719599, rel=1e-9)
    beside(10, lme4=7.8, nlme=5.6, glmmTMB=199.4)


def test_a_thousand_balanced_responses(benchmark, beside, sleepstudy):
    y, X, groups = sleepstudy
    made = grouped(y, X, X, groups)
    codes, rng = made.terms[0].codes, np.random.default_rng(2)
    u, e = rng.standard_normal((1000, 18, 2)), rng.standard_normal((1000, 180))
    Y = response(X, X, codes, BETA, ROOT, SIGMA, u, e)
    fits = benchmark(lambda: batch(made, Y))
    assert fits.beta[:, 1].mean() == pytest.approx(10.5, abs=0.25)
    beside(5, lme4_refit=7133, lme4_bootMer=9043, statsmodels=62390)


def test_a_thousand_people_unbalanced(benchmark, beside):
    y, X, groups = unbalanced(1000)
    model = benchmark(lambda: fit(grouped(y, X, X, groups)))
    assert model.converged
    beside(12, lme4=73.6, nlme=132.6, glmmTMB=702.9, statsmodels_gave_up_after=9453)


def test_penicillin_crossed(benchmark, beside):
    made = design("diameter ~ 1 + (1 | plate) + (1 | sample)", load("penicillin"))
    model = benchmark(lambda: fit(made))
    assert model.deviance == pytest.approx(330.86058899108, rel=1e-9)
    beside(5)


@pytest.mark.parametrize("formula", ["y ~ t * arm + (1 | id)", "y ~ t * arm"])
def test_ar1_on_40_people_with_8_rows_from_a_table(benchmark, beside, formula):
    table = load("ar1_panel")
    model = benchmark(lambda: lmm(formula, table, residual=ar1("t", "id")))
    expected = 1148.38304 if "|" in formula else 1151.75845
    assert model.deviance == pytest.approx(expected, abs=1e-3)
    beside(15)


def lectures():
    """73,421 marks that 2,972 students gave 1,128 lecturers, as many as in InstEval, simulated."""
    rng = np.random.default_rng(1)
    n, students, lecturers = 73_421, 2_972, 1_128
    s = rng.integers(0, students, n)
    d = rng.choice(lecturers, n, p=rng.dirichlet(np.full(lecturers, 0.8)))
    s[:students], d[:lecturers] = range(students), rng.permutation(lecturers)
    X = np.column_stack([np.ones(n), rng.integers(0, 2, n)])
    y = X @ [3.3, -0.1] + 0.32 * rng.standard_normal(students)[s]
    y += 0.52 * rng.standard_normal(lecturers)[d] + 1.18 * rng.standard_normal(n)
    one = np.ones((n, 1))
    terms = [
        Term(group, ("(Intercept)",), one, codes, tuple(map(str, range(levels))), (1,))
        for group, codes, levels in (("s", s, students), ("d", d, lecturers))
    ]
    return Design(y, X, ("(Intercept)", "service"), tuple(terms))


@pytest.mark.parametrize("anew", [False, True], ids=["variances kept", "estimated anew"])
def test_marker_scan_of_4000_on_600_people(benchmark, beside, anew):
    people = families(150, markers=4000, seed=1)
    K = relationship(people.counts)
    y = normals(1, 600, 1)[:, 0] + K @ normals(1, 600, 1, 9)[:, 0]
    one, X = np.ones((600, 1)), np.column_stack([np.ones(600), people.female])
    made = grouped(y, X, one, np.arange(1000, 1600))  # names in the order of the numbers

    def run():  # from K to the p-values
        design = replace(made, terms=(related(made.terms[0], K),))
        return scan(fit(design), people.counts, reestimate=anew)

    found = benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    assert np.isfinite(found.log10_p).all()
    beside(2000)


MEMORY = """
import re, sys
import numpy as np
from lmmlab.engine.design import Design, Term, grouped
from lmmlab.model.fit import fit
def peak():  # of this process alone; getrusage's figure is inherited from the parent
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024
y, X, *groups = np.load(sys.argv[1]).values()
one = np.ones((len(y), 1))
if len(groups) == 1:
    made = grouped(y, X, X, groups[0])
else:
    terms = [
        Term(str(k), ("one",), one, codes, tuple(map(str, range(codes.max() + 1))), (1,))
        for k, codes in enumerate(groups)
    ]
    made = Design(y, X, ("x0", "x1"), tuple(terms))
before = peak()
fit(made).beta
print(before, peak())
"""


def memory(tmp_path, **arrays):
    """Peak memory of a process that fits these arrays, in MB: before the fit, and in all."""
    np.savez(tmp_path / "data.npz", **arrays)
    child = [sys.executable, "-c", MEMORY, tmp_path / "data.npz"]
    said = subprocess.run(child, capture_output=True, text=True, check=True, timeout=120)
    return map(int, said.stdout.split())


def test_crossed_as_large_as_insteval(benchmark, beside, tmp_path):
    made = lectures()
    model = benchmark.pedantic(lambda: fit(made), rounds=5, warmup_rounds=1)
    assert model.converged
    s, d = made.terms
    with_data, peak = memory(tmp_path, y=made.y, X=made.X, s=s.codes, d=d.codes)
    others = {"lme4_on_InstEval": 1600, "peak_MB": peak, "peak_MB_before_the_fit": with_data}
    beside(1500, **others)
    assert peak < 400


def test_a_hundred_thousand_people_unbalanced(benchmark, beside, tmp_path):
    y, X, groups = unbalanced(100_000)
    run = lambda: fit(grouped(y, X, X, groups))  # noqa: E731
    model = benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    assert model.converged
    with_data, peak = memory(tmp_path, y=y, X=X, groups=groups)
    beside(1500, lme4=11270, peak_MB=peak, peak_MB_before_the_fit=with_data)
    assert peak < 500
