"""Generated questions against the engine, for hundreds of seeds."""

import re

import numpy as np
import pytest

from lmmlab.teach import questions
from lmmlab.teach.questions import covariance_matrix, real_observations, which_icc
from lmmlab.teach.tasks import TRIES

SEEDS = range(1, 401)
MAKERS = [covariance_matrix, which_icc, real_observations]


def number(text):
    return float(text.replace("−", "-").replace(",", ""))


@pytest.mark.parametrize("make", MAKERS)
def test_a_seed_gives_one_question_and_seeds_give_many(make):
    assert make(5) == make(5)
    assert len({(make(s).text, make(s).table) for s in SEEDS}) > 200


def test_the_names_are_those_of_the_tasks():
    for task in (questions.COVARIANCE, questions.ICC, questions.OBSERVATIONS):
        assert task.make(3).name == task.name


@pytest.mark.parametrize("seed", SEEDS)
def test_a_matrix_is_judged_by_its_eigenvalues(seed):
    asked = covariance_matrix(seed)
    G = np.array([[number(cell) for cell in row[1:]] for row in asked.table[1:]])
    (right,) = [c for c in asked.choices if c.right]
    assert (np.linalg.eigvalsh(G)[0] > 1e-3) == (right.text == "Yes")
    assert ("below 0" in right.text) == (G.diagonal().min() < 0)
    assert all(c.name for c in asked.choices if not c.right)
    assert len({c.text for c in asked.choices}) == 4
    if "too large" in right.text:
        t, variance = re.search(
            r"At time (\S+) the lines would have the variance (\S+),", right.reply
        ).groups()
        assert number(variance) < 0
        exact = -G[0, 1] / G[1, 1]
        assert number(t) == pytest.approx(exact, abs=0.01)
        assert number(variance) == pytest.approx(np.array([1, exact]) @ G @ [1, exact], abs=0.01)


def test_all_kinds_of_matrix_come():
    right = [next(c.text for c in covariance_matrix(s).choices if c.right) for s in SEEDS]
    shares = {text: right.count(text) / len(right) for text in set(right)}
    assert len(shares) == 3 and min(shares.values()) > 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_an_icc_is_the_share_of_variance(seed):
    asked = which_icc(seed)
    tau, sigma = (
        float(x) for x in re.findall(r"(?:of|by) ([\d.]+) (?:µV|mmHg|points|ms)", asked.text)
    )
    assert asked.value == pytest.approx(tau**2 / (tau**2 + sigma**2))
    assert asked.answer(round(asked.value, 2)).right
    wrong = {m.name: m.value for m in asked.mistakes}
    assert (
        asked.answer(asked.value + 0.5 if asked.value < 0.5 else asked.value - 0.4).right is False
    )
    if "sds instead of variances" in wrong:
        told = asked.answer(round(tau / (tau + sigma), 2))
        assert told.misconception == "sds instead of variances"


def test_most_iccs_can_be_told_from_their_mistakes():
    assert np.mean([len(which_icc(s).mistakes) for s in SEEDS]) > 3.5


@pytest.mark.parametrize("seed", SEEDS)
def test_real_observations_follow_the_design_effect(seed):
    asked = real_observations(seed)
    told = r"(\d+) \w+ have (\d+) rows each, ([\d,]+) rows .* is (0\.\d+)\."
    J, n, total, icc = map(number, re.search(told, asked.text).groups())
    assert total == J * n
    assert asked.value == pytest.approx(total / (1 + (n - 1) * icc))
    assert asked.answer(round(asked.value)).right
    assert asked.answer(total).misconception == "every row is new"
    assert J <= asked.value <= total
    last = asked.answer(asked.value * 1.5, TRIES)
    assert not last.open and f"{asked.value:.0f}" in last.text


def test_the_case_of_the_ledger():
    """30 people with 60 trials, ICC .40: 73 rows; 75 with endless trials."""
    from lmmlab.meaning.precision import effective_size

    assert round(float(effective_size(0.4, [60] * 30))) == 73
