"""Data, what the references say of their residuals, and the likelihood with the dense V."""

import numpy as np
import pandas as pd

from lmmlab import ar1, car1, compound_symmetry, unstructured, variances
from lmmlab.engine.covariance import factor

GROUP = {"orthodont": "Subject", "apim": "dyad", "apim_negative": "dyad"}
TIME = {"orthodont": "age", "irregular": "time", "ar1_panel": "t"}
FACTOR = {"varIdent by arm": "arm", "varIdent by Sex": "Sex", "varIdent by role": "role"}


def described(name, words):
    """Turn the reference's words into a structure."""
    group, time = GROUP.get(name, "id"), TIME.get(name, "role")
    kinds = {
        "corAR1": lambda: ar1(time, group),
        "corCAR1": lambda: car1(time, group),
        "corCompSymm": lambda: compound_symmetry(group),
        "corSymm": lambda: unstructured(time, group),
    }
    parts = [make() for kind, make in kinds.items() if kind in words]
    parts += [variances(factor) for said, factor in FACTOR.items() if said in words]
    parts += [variances("age")] if "varIdent by age" in words else []
    first, *others = parts
    return first * others[0] if others else first


def panel(seed=1, people=9, visits=4, lost=0.2):
    """Unbalanced rows of people in schools, in no order, at whole and at odd times."""
    rng = np.random.default_rng(seed)
    n = people * visits
    person = np.repeat(np.arange(people), visits)
    visit = np.tile(np.arange(visits), people)
    table = pd.DataFrame(
        {
            "id": [f"p{k:02d}" for k in person],
            "school": [f"s{k % 3}" for k in person],
            "arm": np.where(person % 2, "b", "a"),
            "t": visit,
            "when": np.round(visit + rng.uniform(0, 0.8, n), 3),
            "x": rng.normal(size=n),
        }
    )
    noise = rng.normal(size=(people, visits)).cumsum(1).ravel() / np.sqrt(visit + 1.0)
    noise *= np.where(table.arm == "b", 1.5, 1.0)
    table["y"] = 2 + 0.5 * table.t + 0.3 * table.x + rng.normal(size=people)[person] + noise
    kept = rng.permutation(np.flatnonzero(rng.random(n) > lost))
    return table.iloc[kept].reset_index(drop=True)


def dense_V0(fit, theta, values):
    """V / sigma**2, from the definitions."""
    design = fit.design
    residual = design.residual
    V = residual.matrix(np.arange(fit.nobs), residual.coordinates(values))
    Lambda = factor(theta, design.blocks)
    for term, own in zip(design.terms, design.effects, strict=True):
        root = Lambda[own, own]
        K = np.eye(len(term.levels))
        if term.relation is not None:
            K = term.relation.root @ term.relation.root.T
        same = K[term.codes[:, None], term.codes]
        V = V + same * (term.Z @ root @ root.T @ term.Z.T)
    return V


def dense_parts(fit, theta, values):
    """Deviance without sigma's part, residual sum of squares, and (X' V0^-1 X)^-1."""
    V, X, y = dense_V0(fit, theta, values), fit.design.X, fit.design.y
    half = np.linalg.solve(np.linalg.cholesky(V), np.column_stack([X, y]))
    X, y = half[:, :-1], half[:, -1]
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    logdet = np.linalg.slogdet(V)[1]
    if fit.reml:
        logdet += np.linalg.slogdet(X.T @ X)[1]
    return logdet, float(((y - X @ beta) ** 2).sum()), np.linalg.inv(X.T @ X)


def dense_deviance(fit, theta, values, sigma):
    logdet, rss, _ = dense_parts(fit, theta, values)
    df = fit.nobs - fit.reml * len(fit.names)
    return logdet + df * np.log(2 * np.pi * sigma**2) + rss / sigma**2
