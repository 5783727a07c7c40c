"""Random data of counts, and the likelihood of them by brute force."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, gammaln
from scipy.stats import norm

from lmmlab.engine.covariance import factor
from lmmlab.engine.design import Design, Term
from lmmlab.generalised.counts import Counts
from lmmlab.generalised.family import BINOMIAL, POISSON


@pytest.fixture(scope="session")
def counts():
    """A function that makes counts: of unbalanced groups, rows in no order, an offset."""

    def make(seed, family="poisson", q=1, crossed=False, blocks=None, trials=6, tau=0.7, J=8):
        rng = np.random.default_rng(seed)
        codes = rng.permutation(np.repeat(np.arange(J), rng.integers(2, 10, J)))
        n = len(codes)
        X = np.column_stack([np.ones(n), rng.standard_normal(n)])
        level = tuple(f"g{j}" for j in range(J))
        terms = [Term("g", ("(Intercept)", "x")[:q], X[:, :q], codes, level, blocks or (q,))]
        eta = X @ [0.3, 0.5] + ((tau * rng.standard_normal((J, q)))[codes] * X[:, :q]).sum(1)
        if crossed:
            other = np.concatenate([np.arange(4), rng.integers(0, 4, n - 4)])
            terms.append(Term("h", ("(Intercept)",), X[:, :1], other, tuple("abcd"), (1,)))
            eta += 0.5 * rng.standard_normal(4)[other]
        offset = 0.2 * rng.standard_normal(n)
        if family == "binomial":
            N = rng.integers(1, trials + 1, n).astype(float)
            y = rng.binomial(N.astype(int), expit(eta + offset)).astype(float)
            made = Design(y / N, X, ("(Intercept)", "x"), tuple(terms))
            return Counts(made, BINOMIAL, y, N, offset)
        y = rng.poisson(np.exp(eta + offset)).astype(float)
        made = Design(y, X, ("(Intercept)", "x"), tuple(terms))
        return Counts(made, POISSON, y, np.ones(n), offset)

    return make


def loglik(data, eta):
    """The log likelihood of each row, constants included."""
    y, N = data.y, data.trials
    if data.family is BINOMIAL:
        ways = gammaln(N + 1) - gammaln(y + 1) - gammaln(N - y + 1)
        return ways + y * eta - N * np.logaddexp(0, eta)
    return y * eta - np.exp(eta) - gammaln(y + 1)


@pytest.fixture(scope="session")
def by_force():
    """Laplace's approximation from the whole Z, the best u found by a general optimiser."""

    def deviance(data, theta, beta):
        design = data.design
        Z = [
            (t.Z[:, :, None] * np.eye(len(t.levels))[t.codes][:, None]).reshape(len(data.y), -1)
            for t in design.terms
        ]
        Lambda = factor(theta, design.blocks)
        roots = [
            np.kron(Lambda[own, own], np.eye(len(t.levels)))
            for t, own in zip(design.terms, design.effects, strict=True)
        ]
        A = np.hstack([z @ root for z, root in zip(Z, roots, strict=True)])
        known = data.offset + design.X @ beta
        p = lambda eta: expit(eta) if data.family is BINOMIAL else np.exp(eta)  # noqa: E731

        def penalised(u):
            eta = known + A @ u
            value = -loglik(data, eta).sum() + u @ u / 2
            return value, -A.T @ (data.y - data.trials * p(eta)) + u

        u = minimize(penalised, np.zeros(A.shape[1]), jac=True, method="BFGS", tol=1e-10).x
        mean = p(known + A @ u)
        W = data.trials * mean * ((1 - mean) if data.family is BINOMIAL else 1.0)
        H = A.T @ (W[:, None] * A) + np.eye(len(u))
        return 2 * penalised(u)[0] + np.linalg.slogdet(H)[1]

    return deviance


@pytest.fixture(scope="session")
def exact():
    """The likelihood of one scalar term, each integral by SciPy's adaptive quadrature."""

    def deviance(data, theta, beta):
        (term,) = data.design.terms
        known, total = data.offset + data.design.X @ beta, 0.0
        rows = [np.flatnonzero(term.codes == j) for j in range(len(term.levels))]
        for own in rows:
            part = Counts.__new__(Counts)
            for name in ("y", "trials"):
                object.__setattr__(part, name, getattr(data, name)[own])
            object.__setattr__(part, "family", data.family)
            z = term.Z[own, 0] * theta

            def log(u, part=part, own=own, z=z):
                return loglik(part, known[own] + z * u).sum() + norm.logpdf(u)

            grid = np.linspace(-8, 8, 321)
            top = max(map(log, grid))
            peak = grid[int(np.argmax([log(u) for u in grid]))]
            value = quad(
                lambda u, log=log, top=top: np.exp(log(u) - top),
                -9,
                9,
                points=[peak - 1, peak, peak + 1],
                epsabs=1e-13,
                epsrel=1e-12,
                limit=200,
            )[0]
            total += np.log(value) + top
        return -2 * total

    return deviance
