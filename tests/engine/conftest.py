"""An independent engine in a few lines: the likelihood written out with the dense V."""

from types import SimpleNamespace

import numpy as np
import pytest

from lmmlab.engine.covariance import factor
from lmmlab.engine.design import grouped


@pytest.fixture(scope="session")
def dense():
    """A function that solves a design at one theta (and sigma) by inverting V."""

    def solved(design, theta, reml=True, sigma=None):
        y, X, (term,) = design.y, design.X, design.terms
        n, p = X.shape
        w = np.ones(n) if design.weights is None else design.weights
        Z = (term.Z[:, None] * np.eye(len(term.levels))[term.codes][:, :, None]).reshape(n, -1)
        D = np.kron(np.eye(len(term.levels)), factor(theta, term.blocks))
        D = D @ D.T
        V = Z @ D @ Z.T + np.diag(1 / w)
        inverse_X, inverse_y = np.hsplit(np.linalg.solve(V, np.column_stack([X, y])), [p])
        information = X.T @ inverse_X
        beta = np.linalg.solve(information, X.T @ inverse_y[:, 0])
        left = inverse_y[:, 0] - inverse_X @ beta
        r2, df = left @ (y - X @ beta), n - reml * p
        s2 = r2 / df if sigma is None else sigma**2
        criterion = np.linalg.slogdet(V)[1] + df * np.log(2 * np.pi * s2) + r2 / s2
        criterion += reml * np.linalg.slogdet(information)[1]
        shape = (len(term.levels), term.Z.shape[1])

        def b_sd():  # the dearest part, which few ask for
            given = D - D @ Z.T @ np.linalg.solve(V, Z @ D)
            return np.sqrt(s2 * np.maximum(np.diag(given), 0)).reshape(shape)

        return SimpleNamespace(
            criterion=criterion,
            beta=beta,
            vcov=s2 * np.linalg.inv(information),
            sigma=np.sqrt(s2),
            b=(D @ Z.T @ left).reshape(shape),
            b_sd=b_sd,
        )

    return solved


@pytest.fixture(scope="session")
def made():
    """A function that makes a random design with unbalanced groups, some with a single row."""

    def make(seed, p=2, q=2, groups=8, weights=False, blocks=None, spread=1.0, rows=9):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, rows, groups)
        sizes[rng.integers(groups)] += groups * q + p + 2 - min(sizes.sum(), groups * q)
        codes = rng.permutation(np.repeat(np.arange(groups), sizes))
        n = len(codes)
        own = np.column_stack([np.ones(n), rng.standard_normal((n, 4)) + rng.uniform(-3, 3, 4)])
        X, Z = own[:, :p], own[:, :q]
        if p > 2 and rng.random() < 0.5:
            X = np.column_stack([X[:, :-1], rng.standard_normal(groups)[codes]])
        b = spread * rng.standard_normal((groups, q)) * (rng.random(q) < 0.8)
        y = 3.0 + (Z * b[codes]).sum(1) + rng.standard_normal(n)
        w = rng.uniform(0.3, 3.0, n) if weights else None
        return grouped(y, X, Z, codes, blocks=blocks, weights=w)

    return make
