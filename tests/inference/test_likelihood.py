"""Derivatives of the likelihood in the coordinates of each kind of parameter."""

import numpy as np
import pytest

from lmmlab.engine.covariance import theta_from
from lmmlab.inference.coordinates import coordinates, parameters
from lmmlab.inference.likelihood import look
from lmmlab.model.fit import fit

SHAPES = [(1, None), (2, None), (2, (1, 1)), (3, None), (3, (2, 1)), (3, (1, 2))]


@pytest.fixture(params=SHAPES, ids=str)
def model(request, made):
    """A model by maximum likelihood, with weights and none of its variances zero."""
    q, blocks = request.param
    return fit(made(11, p=2, q=q, groups=20, weights=True, blocks=blocks, spread=2.0), reml=False)


def every(model):
    return [
        coordinates(kind, which, model.cross, model.solution)
        for _, kind, which in parameters(model.design)
    ]


def values(model):
    """The parameters of a model, in the order of their names."""
    (sd,), (corr,) = model.sd.values(), model.corr.values()
    given = {
        "sigma": lambda: model.sigma,
        "sd": lambda k: sd[k],
        "cor": lambda k, i: corr[k, i],
        "beta": lambda k: model.beta[k],
    }
    return [given[kind](*which) for _, kind, which in parameters(model.design)]


def test_the_start_is_the_estimate(model):
    for here, value in zip(every(model), values(model), strict=True):
        point = look(here, here.start)
        assert here.value(here.start[here.place]) == pytest.approx(value, rel=1e-10)
        assert point.deviance == pytest.approx(model.deviance, rel=1e-13)
        assert point.gain < 1e-12
        assert abs(point.slope) < 1e-5
        assert point.curvature > 0


def test_derivatives_are_those_of_the_deviance(model):
    rng, h = np.random.default_rng(3), 3e-4  # with less, rounding shows
    for here in every(model):
        x = here.start + 0.1 * rng.standard_normal(len(here.start))
        if here.kind == "beta":
            x[-1] = here.start[-1] + 0.1
        unit = h * np.eye(len(x))

        def at(*steps, here=here, x=x):
            return look(here, x + sum(steps)).deviance

        gradient = np.array([at(e) - at(-e) for e in unit]) / (2 * h)
        hessian = np.array(
            [[at(e, f) - at(e, -f) - at(-e, f) + at(-e, -f) for f in unit] for e in unit]
        ) / (4 * h * h)
        point, rest, place = look(here, x), here.rest, here.place
        # what the point tells is a function of gradient and Hessian; saddles turned to minima
        size, axes = np.linalg.eigh(hessian[np.ix_(rest, rest)])
        inverse = (axes / np.abs(size)) @ axes.T
        tangent = -inverse @ hessian[rest, place]
        near = {"rtol": 5e-4, "atol": 5e-4}
        np.testing.assert_allclose(point.move, -inverse @ gradient[rest], **near)
        np.testing.assert_allclose(point.tangent, tangent, **near)
        assert point.slope == pytest.approx(gradient[place] + tangent @ gradient[rest], rel=5e-4)
        assert point.gain == pytest.approx(gradient[rest] @ inverse @ gradient[rest] / 2, rel=5e-4)
        curvature = hessian[place, place] + tangent @ hessian[rest, place]
        assert point.curvature == pytest.approx(curvature, rel=5e-4, abs=5e-4)


def test_a_fixed_effect_is_held_as_if_it_were_taken_from_the_response(made, dense):
    design = made(5, p=3, q=2, weights=True)
    model = fit(design, reml=False)
    here = coordinates("beta", (2,), model.cross, model.solution)
    x = here.start + 0.3
    point = look(here, x)
    c, sigma = here.value(x[-1]), model.sigma * np.exp(x[3])
    without = type(design)(
        design.y - c * design.X[:, 2],
        design.X[:, :2],
        design.names[:2],
        design.terms,
        design.weights,
    )
    root = np.linalg.solve(model.cross.S, here.axes @ _lower(x[:3]))
    G = sigma**2 * root @ root.T
    other = dense(without, theta_from(G, sigma, (2,)), reml=False, sigma=sigma)
    assert point.deviance == pytest.approx(other.criterion, rel=1e-12)


def _lower(theta):
    return np.array([[theta[0], 0.0], [theta[1], theta[2]]])
