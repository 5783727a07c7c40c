"""Coverage: the same studies whoever does the work, and what is left out of them."""

import pickle
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
from small_study import LINE, SLOPES, SMALL, days, last

from lmmlab.engine.design import LMMError, grouped
from lmmlab.model.fit import fit
from lmmlab.study import coverage as module
from lmmlab.study.analysis import Analysis, Answers
from lmmlab.study.coverage import BLOCK, coverage
from lmmlab.study.missingness import Dropout
from lmmlab.study.simulate import root
from lmmlab.study.truth import Truth

ANALYSES = {
    "OLS": Analysis(LINE, (), "day", "naive"),
    "RI": Analysis(LINE, ("1",), "day", "wald"),
    "RS": Analysis(LINE, LINE, "day", "satterthwaite"),
}


def same(left, right):
    assert left.names == right.names and left.replicates == right.replicates
    for name in ("coverage", "error", "target", "singular", "failures"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))
    for name in ("estimate", "sd", "se", "df"):  # NumPy's rounding depends on where arrays lie
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=1e-9)


# The studies


@pytest.mark.parametrize("chunk", [1, 60, 150, 1000])
def test_chunks_change_when_it_is_said_and_nothing_else(chunk):
    every = list(coverage(SMALL and SLOPES, SMALL, ANALYSES, 230, seed=4))
    assert [rates.replicates for rates in every] == [50, 100, 150, 200, 230]
    some = list(coverage(SLOPES, SMALL, ANALYSES, 230, seed=4, chunk=chunk))
    by_count = {rates.replicates: rates for rates in every}
    assert some[-1].replicates == 230
    for rates in some:
        same(rates, by_count[rates.replicates])


def test_studies_belong_to_the_seed():
    short, other = (last(SLOPES, SMALL, ANALYSES, 100, seed=seed) for seed in (4, 5))
    first = next(iter(coverage(SLOPES, SMALL, ANALYSES, 5000, seed=4, chunk=100)))
    same(short, first)
    assert (short.estimate != other.estimate).all()


@pytest.fixture
def captured(monkeypatch):
    """A function that gives the responses of the first block."""

    def capture(truth, layout, **options):
        seen = []

        def analyse(analyses, layout, Y, rows):
            seen.append(Y)
            m = len(Y)
            return [
                Answers(Y[:, 0], np.ones(m), np.ones(m), np.zeros(m, bool), np.ones(m, bool))
                for _ in analyses
            ]

        with monkeypatch.context() as patch:
            patch.setattr(module, "analyse", analyse)
            last(truth, layout, {"OLS": ANALYSES["OLS"]}, BLOCK, **options)
        return seen[-1]

    return capture


def test_common_random_numbers(captured):
    Y = captured(SLOPES, SMALL)
    more = captured(SLOPES, days(9, 4))
    np.testing.assert_allclose(more[:, : Y.shape[1]], Y, rtol=1e-12)
    # without slopes the people keep their starts and their noise
    still = captured(replace(SLOPES, root=root([2.0, 0.0])), SMALL)
    parallel = replace(SLOPES, random=("1",), root=root([2.0]))
    np.testing.assert_allclose(captured(parallel, SMALL), still, rtol=1e-12)


def test_studies_have_the_moments_of_the_truth(captured):
    layout = days(2, 3)
    Y = np.concatenate([captured(SLOPES, layout, seed=seed) for seed in range(60)])
    Z = layout.matrix(LINE)
    G = SLOPES.root @ SLOPES.root.T
    V = Z @ G @ Z.T * (layout.codes[:, None] == layout.codes) + 1.5**2 * np.eye(6)
    error = np.sqrt((np.outer(V.diagonal(), V.diagonal()) + V**2) / len(Y))
    assert (np.abs(np.cov(Y.T) - V) < 4.5 * error).all()
    assert (np.abs(Y.mean(0) - Z @ [10, 1]) < 4 * np.sqrt(V.diagonal() / len(Y))).all()


def test_against_one_fit_after_the_other(captured):
    analyses = {
        "RI": Analysis(LINE, ("1",), "day", "wald"),
        "RS": Analysis(LINE, LINE, np.array([1.0, 2.0]), "satterthwaite"),
        "KR": Analysis(LINE, LINE, "1", "kenward-roger"),
        "ML": Analysis(LINE, LINE, "day", "satterthwaite", reml=False),
        "||": Analysis(LINE, LINE, "day", "satterthwaite", blocks=(1, 1)),
    }
    rates = last(SLOPES, SMALL, analyses, BLOCK, confidence=0.9)
    Y = captured(SLOPES, SMALL)
    X = SMALL.matrix(LINE)
    for k, analysis in enumerate(analyses.values()):
        Z = SMALL.matrix(analysis.random)
        design = grouped(Y[0], X, Z, SMALL.codes, blocks=analysis.blocks)
        fits = [fit(replace(design, y=y), analysis.reml) for y in Y]
        rows = np.array(
            [f.test(analysis.method, analysis.weights, 0.9).values.ravel() for f in fits]
        )
        estimate, se, df, _, _, lower, upper = rows.T
        true = analysis.weights @ [10.0, 1.0]
        hit = (lower <= true) & (true <= upper)
        assert rates.target[k] == true
        assert rates.coverage[k] == hit.mean()
        assert rates.estimate[k] == pytest.approx(estimate.mean(), rel=1e-7)
        assert rates.sd[k] == pytest.approx(estimate.std(ddof=1), rel=1e-6)
        assert rates.se[k] == pytest.approx(se.mean(), rel=1e-6)
        assert rates.df[k] == pytest.approx(df.mean(), rel=1e-4)
        assert rates.singular[k] == sum(f.singular for f in fits) and rates.failures[k] == 0


def test_sums_of_the_answers(monkeypatch):
    # 60 studies, of which 1 has no answer; intervals of the others hold 4.5 if they are near
    estimate = np.arange(60.0)
    estimate[7] = np.nan
    fitted, singular = estimate >= 0, np.arange(60) % 7 == 0
    every = Answers(estimate, np.full(60, 2.0), np.full(60, np.inf), singular, fitted)

    def analyse(analyses, layout, Y, rows):  # blocks of 50 and of 10
        first = 0 if len(Y) == BLOCK else BLOCK
        part = slice(first, first + len(Y))
        return [Answers(*(getattr(every, one.name)[part] for one in fields(Answers)))]

    monkeypatch.setattr(module, "analyse", analyse)
    rates = last(SLOPES, SMALL, {"RI": Analysis(LINE, ("1",), "day", "wald", target=4.5)}, 60)
    some = estimate[fitted]
    assert rates.failures[0] == 1 and rates.singular[0] == 8  # one of nine has no fit
    assert rates.coverage[0] == (np.abs(some - 4.5) <= 2 * 1.959964).mean()
    assert rates.estimate[0] == pytest.approx(some.mean())
    assert rates.sd[0] == pytest.approx(some.std(ddof=1))
    assert rates.se[0] == 2 and rates.df[0] == np.inf


# Executors


class Clerk(Executor):
    """Takes work on paper: what is submitted must survive pickling. Works only when told to."""

    def __init__(self, works=True):
        self.works, self.futures, self.arguments = works, [], []

    def submit(self, function, /, *args, **options):
        function, args = pickle.loads(pickle.dumps((function, args)))
        future = Future()
        if self.works:
            future.set_result(function(*args, **options))
        self.futures.append(future)
        return future


def test_an_executor_changes_nothing():
    serial = list(coverage(SLOPES, SMALL, ANALYSES, 300, chunk=100))
    with ThreadPoolExecutor(2) as threads:
        for executor in (threads, Clerk()):
            for ahead in (1, 2, 50):
                done = list(
                    coverage(
                        SLOPES, SMALL, ANALYSES, 300, chunk=100, executor=executor, ahead=ahead
                    )
                )
                for ours, theirs in zip(serial, done, strict=True):
                    same(ours, theirs)


def test_an_executor_is_not_flooded():
    clerk = Clerk()
    for number, _ in enumerate(coverage(SLOPES, SMALL, ANALYSES, 1000, executor=clerk, ahead=3)):
        assert len(clerk.futures) <= number + 3
    assert len(clerk.futures) == 20


def test_what_is_not_needed_is_cancelled():
    clerk = Clerk()
    study = coverage(SLOPES, SMALL, ANALYSES, 1000, executor=clerk, ahead=5)
    next(study)
    clerk.works = False
    next(study)
    waiting = [future for future in clerk.futures if not future.done()]
    assert len(waiting) == 1
    study.close()
    assert all(future.cancelled() for future in waiting)


def test_nothing_is_done_before_it_is_asked_for(monkeypatch):
    blocks = []
    true = module._block
    monkeypatch.setattr(module, "_block", lambda s, b: blocks.append(b) or true(s, b))
    study = coverage(SLOPES, SMALL, ANALYSES, 1000)
    blocks.clear()
    next(study)
    assert blocks == [0]


# Dropout


def test_who_leaves_is_left_out_and_counted(monkeypatch):
    sick = replace(SLOPES, dropout=Dropout("last value", 0.5))
    rates = last(sick, days(40, 4), ANALYSES, BLOCK)
    assert not rates.failures.any() and rates.replicates == BLOCK
    # the high leave: those who are left look better than they are; the likelihood corrects for it
    naive, _, model = (rates.estimate - rates.target) / (rates.sd / np.sqrt(BLOCK))
    assert naive < -6 and abs(model) < 3.5
    # so many leave that some studies cannot tell
    few = replace(SLOPES, dropout=Dropout("unseen value", 0.9))
    rates = last(few, days(6, 3), {"RS": ANALYSES["RS"]}, 2 * BLOCK)
    assert 0 < rates.failures[0] <= 2 * BLOCK


def test_a_study_without_variation_is_a_failure():
    # A questionnaire that often shows nothing but its floor: such a study has no fit.
    flat = Truth({"1": 0.0}, (), root([]), 1.0, floor=1.0)
    rates = last(flat, days(2, 2), {"RI": Analysis(("1",), ("1",), "1", "wald")}, 110, seed=2)
    assert 30 < rates.failures[0] < 80
    assert rates.singular[0] <= 110 - rates.failures[0]
    assert "could not be analysed" in rates.table.note


# Bad input


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (dict(replicates=0), "replicates is 0; give a whole number from 1 on"),
        (dict(chunk=2.5), "chunk is 2.5"),
        (dict(seed=-1), "seed is -1"),
        (dict(seed=0.5), "seed is 0.5"),
        (dict(ahead=0), "ahead is 0"),
        (dict(confidence=95), "between 0 and 1"),
        (dict(analyses={}), "There is no analysis"),
        (
            dict(analyses={"A": Analysis(("1", "dose"), (), "dose", "naive")}),
            "A: The layout has no column 'dose'; it has 1, day",
        ),
        (dict(truth=replace(SLOPES, beta={"dose": 1.0})), "no column 'dose'"),
        (dict(truth=replace(SLOPES, sigma=0.0, root=root([0.0, 0.0]))), "^OLS: |^RI: "),
        (
            dict(analyses={"A": Analysis(("1", "day", "1"), ("1",), "day", "wald")}),
            "A: The fixed effect 1 is a combination of 1",
        ),
    ],
)
def test_what_cannot_be_studied(change, says):
    given = dict(truth=SLOPES, layout=SMALL, analyses=ANALYSES) | change
    with pytest.raises(LMMError, match=says):
        coverage(**given)
