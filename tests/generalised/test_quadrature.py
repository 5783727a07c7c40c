"""Adaptive quadrature: one node is Laplace, many are the exact likelihood."""

import numpy as np
import pytest
from scipy.special import roots_hermitenorm

from lmmlab import LMMError, glmm, load
from lmmlab.generalised import laplace, quadrature
from lmmlab.generalised.fit import fit
from lmmlab.generalised.pirls import mode
from lmmlab.generalised.quadrature import hermite
from lmmlab.generalised.working import working

FAMILIES = ["binomial", "poisson"]


def here(data, theta=1.2, beta=(0.2, 0.4)):
    return mode(data, theta * data.S, data.R @ np.array(beta))


@pytest.mark.parametrize("family", FAMILIES)
def test_one_node_is_laplace(counts, family):
    data = working(counts(1, family))
    at = here(data)
    assert quadrature.deviance(data, at, 1) == pytest.approx(laplace.deviance(data, at), rel=1e-14)
    one, two = quadrature.derivatives(data, at, 1), laplace.derivatives(data, at, np.eye(1))
    assert one[0] == pytest.approx(two[0], abs=1e-10)
    assert one[1] == pytest.approx(two[1], abs=1e-10)


@pytest.mark.parametrize("family", FAMILIES)
def test_many_nodes_are_exact(counts, exact, family):
    made = counts(2, family)
    data = working(made)
    at = here(data)
    told = exact(made, 1.2, np.array([0.2, 0.4]))
    errors = [abs(quadrature.deviance(data, at, k) - told) for k in (1, 5, 11, 25)]
    assert errors[0] > 1e-4 and errors[3] < 1e-7
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("nodes", [2, 3, 25])
def test_derivatives(counts, family, nodes):
    data = working(counts(3, family))

    def look(p):
        at = mode(data, p[:1, None], p[1:])
        return quadrature.deviance(data, at, nodes), *quadrature.derivatives(data, at, nodes)[:2]

    point = np.array([0.8, 0.3, 0.4])
    _, gradient, hessian = look(point)
    pairs = [(look(point + step), look(point - step)) for step in 1e-5 * np.eye(3)]
    slope = [(up[0] - down[0]) / 2e-5 for up, down in pairs]
    bend = [(up[1] - down[1]) / 2e-5 for up, down in pairs]
    assert gradient == pytest.approx(slope, abs=1e-7 * np.abs(gradient).max())
    assert hessian == pytest.approx(np.array(bend), abs=1e-7 * np.abs(hessian).max())


def test_the_rule_is_exact_for_polynomials():
    for nodes in (1, 2, 9, 40):
        x, log_weight = hermite(nodes)
        weight = np.exp(log_weight - x**2 / 2)
        assert weight.sum() == pytest.approx(1.0, rel=1e-13)
        assert (weight * x**2).sum() == pytest.approx(float(nodes > 1), abs=1e-12)


@pytest.mark.parametrize("nodes", [1, 25, 41, 101])
def test_the_outermost_weights_have_all_their_digits(nodes):
    """They are below the rounding of eigenvectors, and are multiplied by exp(x**2 / 2)."""
    x, log_weight = hermite(nodes)
    places, weight = roots_hermitenorm(nodes)
    assert x == pytest.approx(places, abs=1e-12)
    right = np.log(weight / np.sqrt(2 * np.pi)) + x**2 / 2
    assert log_weight == pytest.approx(right, rel=1e-10, abs=1e-11)


def test_the_most_nodes_are_exact(counts, exact):
    made = counts(2, "poisson")
    at = here(data := working(made))
    told = exact(made, 1.2, np.array([0.2, 0.4]))
    assert quadrature.deviance(data, at, 101) == pytest.approx(told, rel=1e-11)


def test_estimates_are_a_minimum_of_what_was_asked_for(counts):
    made = counts(4, "binomial", trials=1, tau=2.0)
    few, many = fit(made, 3), fit(made, 41)
    assert few.converged and many.converged
    assert not np.isclose(few.theta[0], many.theta[0], rtol=1e-3)
    assert fit(made, 61).theta == pytest.approx(many.theta, rel=1e-6)


def test_a_slope_alone_is_one_random_effect():
    model = glmm("incidence / size ~ period + (0 + size | herd)", load("cbpp"), nodes=15)
    assert model.converged and model.nodes == 15


@pytest.mark.parametrize(
    ("formula", "nodes", "said"),
    [
        ("incidence / size ~ period + (period | herd)", 5, "one random effect per level"),
        ("incidence / size ~ 1 + (1 | herd) + (1 | period)", 5, "one random effect per level"),
        ("incidence / size ~ period + (1 | herd)", 0, "whole number from 1"),
        ("incidence / size ~ period + (1 | herd)", 2.5, "whole number from 1"),
        ("incidence / size ~ period + (1 | herd)", True, "whole number from 1"),
        ("incidence / size ~ period + (1 | herd)", 1000, "101 nodes are the most"),
    ],
)
def test_nodes_that_cannot_be(formula, nodes, said):
    with pytest.raises(LMMError, match=said):
        glmm(formula, load("cbpp"), nodes=nodes)
