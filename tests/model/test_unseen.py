"""Predictions of people without rows, of whom a relationship matrix knows whose relatives they are.

The oracle is the joint normal distribution of y and of what is predicted, written out.
"""

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm
from lmmlab.engine.rows import Rows

J, N = 16, 4  # people with rows and without
NAMES = [f"p{k:02d}" for k in range(J + N)]


def kinship(rank):
    W = np.random.default_rng(4).standard_normal((J + N, rank))
    return W @ W.T / rank


def measured(rows):
    rng = np.random.default_rng(5)
    who = np.repeat(np.arange(J), rows)
    data = pd.DataFrame(
        {
            "id": np.array(NAMES)[who],
            "x": rng.standard_normal(len(who)),
            "site": rng.permutation(np.arange(len(who)) % 4),
        }
    )
    value = np.linalg.cholesky(kinship(40) + 1e-9 * np.eye(J + N)) @ rng.standard_normal(J + N)
    noise = 0.7 * rng.standard_normal(len(who)) + rng.standard_normal(4)[data["site"]]
    return data.assign(y=2.0 + data["x"] * (1.0 + 0.5 * value[who]) + value[who] + noise)


def written_out(model, K, data, new):
    """Estimates and errors of new rows from the joint covariance of old and new ones."""
    both = pd.concat([data, new], ignore_index=True)
    who = both["id"].map(dict(zip(NAMES, range(J + N), strict=True))).to_numpy()
    z = np.column_stack([np.ones(len(both)), both["x"]])
    G = model.G["id"].values
    z = z[:, : len(G)]
    V = K[np.ix_(who, who)] * (z @ G @ z.T)
    if "site" in model.G:
        site = both["site"].to_numpy()
        V = V + model.G["site"].values[0, 0] * (site[:, None] == site)
    n = len(data)
    X = np.column_stack([np.ones(len(both)), both["x"]])
    inverse = np.linalg.inv(V[:n, :n] + model.sigma**2 * np.eye(n))
    C = np.linalg.inv(X[:n].T @ inverse @ X[:n])
    beta = C @ X[:n].T @ inverse @ data["y"].to_numpy()
    weight = V[n:, :n] @ inverse
    off = X[n:] - weight @ X[:n]
    variance = np.diag(V)[n:] - np.einsum("mn,mn->m", weight, V[n:, :n])
    variance = variance + np.einsum("mp,pr,mr->m", off, C, off)
    return X[n:] @ beta + weight @ (data["y"].to_numpy() - X[:n] @ beta), np.sqrt(variance)


@pytest.mark.parametrize("rank", [40, 9])
@pytest.mark.parametrize(
    ("formula", "rows"),
    [
        ("(1 | id)", 1),
        ("(1 | id)", 3),
        ("(1 | id) + (1 | site)", 2),
        ("(x | id)", 4),
        ("(x | id) + (1 | site)", 4),
    ],
)
def test_relatives_tell_of_people_without_rows(formula, rows, rank):
    data, K = measured(rows), kinship(rank)
    turned = np.random.default_rng(1).permutation(J + N)
    named = pd.DataFrame(K, NAMES, NAMES).iloc[turned, turned]
    model = lmm(f"y ~ x + {formula}", data, relationship={"id": named})
    new = pd.DataFrame({"id": [*NAMES[J:], NAMES[2]], "x": [1.0, -1, 0.5, 0, 2], "site": 1})
    predicted = model.predict(new, "group")
    estimate, se = written_out(model, K, data, new)
    assert predicted.values[:, 0] == pytest.approx(estimate, rel=1e-9)
    assert predicted.values[:, 1] == pytest.approx(se, rel=1e-9)
    assert predicted.note == (
        "id p16, p17, p18 and 1 other have no rows, so what is expected there is what relatives "
        "tell."
    )
    more = model.predict(new, "group", observation=True).values[:, 1]
    assert more == pytest.approx(np.sqrt(se**2 + model.sigma**2), rel=1e-9)


def test_someone_whose_value_was_lost_is_predicted_by_relatives():
    data, K = measured(1), kinship(40)
    data.loc[3, "y"] = np.nan
    model = lmm("y ~ x + (1 | id)", data, relationship={"id": pd.DataFrame(K, NAMES, NAMES)})
    estimate, _ = written_out(model, K, data.drop(index=3), data.loc[[3]])
    assert model.predict(data.loc[[3]], "group").values[0, 0] == pytest.approx(estimate[0])


def test_someone_who_is_nobodys_relative_or_a_stranger():
    K = kinship(40)
    K[J:, :J] = K[:J, J:] = 0.0
    model = lmm("y ~ x + (1 | id)", measured(2), relationship={"id": pd.DataFrame(K, NAMES, NAMES)})
    rows = Rows(np.ones((2, 2)), np.ones((2, 1)), (NAMES[J], "a stranger"))
    table = model.predict(rows, "group")
    assert table.values[:, 0] == pytest.approx(model.beta.sum())
    G, known = float(model.G["id"][0, 0]), float(np.ones(2) @ model.vcov @ np.ones(2))
    assert table.values[:, 1] == pytest.approx(np.sqrt(G * np.array([K[J, J], 1.0]) + known))
    assert "p16 has no rows" in table.note
    assert "Nothing was seen of id a stranger" in table.note


@pytest.mark.parametrize("rank", [40, 9])
def test_someone_who_cannot_be_is_refused(rank):
    K = kinship(rank)
    K[J + 1] *= 3.0
    K[:, J + 1] = K[J + 1]
    named = pd.DataFrame(K, NAMES, NAMES)
    model = lmm("y ~ x + (1 | id)", measured(2), relationship={"id": named})
    new = pd.DataFrame({"id": NAMES[J:], "x": 0.0})
    with pytest.raises(LMMError, match="p17 is more alike to the people in the data than anyone"):
        model.predict(new, "group")
    assert np.isfinite(model.predict(new.iloc[[0, 2]], "group").values).all()
