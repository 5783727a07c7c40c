"""Predictions: lme4's fitted values, Henderson's errors, brute-force variances, limits."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, load
from lmmlab.engine.design import grouped
from lmmlab.engine.rows import Rows
from lmmlab.model.fit import evaluate, fit
from lmmlab.model.predict import predict

FOLDER = Path(__file__).parent.parent / "reference"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if '"kind": "lmm"' in path.read_text()]
SLOPE = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(scope="module")
def sleep():
    return load("sleepstudy")


@pytest.fixture(scope="module")
def slope(sleep):
    return lmm(SLOPE, sleep)


def errors_of_several(model, theirs, scale):
    """The error of each random effect by itself, of several terms: x = 0 and one z of 1."""
    terms, p, found = model.design.terms, len(model.names), []
    width = sum(len(term.names) for term in terms)
    for k, (term, own) in enumerate(zip(terms, model.design.effects, strict=True)):
        J, q = len(term.levels), len(term.names)
        Z = np.zeros((J * q, width))
        Z[:, own] = np.tile(np.eye(q), (J, 1))
        groups = [(other.levels[0],) * (J * q) for other in terms]
        groups[k] = tuple(np.repeat(term.levels, q).tolist())
        rows = Rows(np.zeros((J * q, p)), Z, groups[0], None, tuple(groups[1:]))
        table = model.predict(rows, "group")
        blups = model.blups[term.group].values.ravel()
        np.testing.assert_allclose(table.values[:, 0], blups, atol=1e-9 * scale)
        found.append(table.values[:, 1])
    if theirs.get("pev_sd"):
        assert np.abs(np.concatenate(found) - theirs["pev_sd"]).max() <= 1e-6 * scale


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_fitted_values_and_errors_of_lme4(path):
    reference = json.loads(path.read_text())
    theirs, data = reference["fit"], load(reference["data"].removesuffix(".csv"))
    model = lmm(reference["formula"], data, reml=reference["method"] == "REML")
    sd = np.concatenate([part["sd"] for part in theirs["varcorr"]])
    scale = theirs["sigma"] if theirs["singular"] else sd.min()
    for level, name in (("population", "marginal"), ("group", "conditional")):
        for new in (None, data):  # the rows of the design, and the table read again
            got = model.predict(new, level).values[:20, 0]
            assert np.abs(got - theirs["fitted_first20"][name]).max() <= 1e-6 * scale
    if len(model.design.terms) > 1:
        errors_of_several(model, theirs, scale)
        return
    [term] = model.design.terms
    # the error of each random effect by itself: x = 0 and z a column of I
    q, levels = len(term.names), term.levels
    alone = Rows(
        np.zeros((q * len(levels), len(model.names))),
        np.tile(np.eye(q), (len(levels), 1)),
        tuple(np.repeat(levels, q).tolist()),
    )
    table = model.predict(alone, "group")
    assert table.values[:, 0] == pytest.approx(model.blups[term.group].values.ravel(), abs=1e-12)
    if "pev_sd" in theirs:
        se = table.values[:, 1].reshape(-1, q)
        if len(term.blocks) > 1:  # lme4's b: term by term, level by level
            se = se.T
        wide = np.ravel([np.broadcast_to(sd, (len(levels), q))])
        assert np.abs(se.ravel() - theirs["pev_sd"]).max() <= 1e-6 * max(scale, wide.max())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("boundary", [False, True])
def test_the_error_is_that_of_a_linear_prediction(made, seed, boundary):
    # Brute force: the prediction is a'y + c'y_new; its error has a variance by definition. Known
    # groups, new ones, and both kinds with rows given besides.
    rng = np.random.default_rng(seed)
    design = made(seed, p=3, q=2, groups=6, weights=seed % 2 == 1)
    theta = np.array([0.8, 0.0 if boundary else -0.3, 0.0 if boundary else 0.6])
    model = evaluate(design, theta, sigma=1.3)
    [term], X = design.terms, design.X
    w = np.ones(len(X)) if design.weights is None else design.weights
    names = (*term.levels, "new")
    extra = rng.permutation([0, 0, 2, 6, 6, 6])  # groups of the rows that are given
    X1, Z1 = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    y1 = rng.standard_normal(6)
    given = Rows(X1, Z1, tuple(names[j] for j in extra), y1)

    G = model.G[term.group].values
    codes = np.concatenate([term.codes, extra])
    Zall = np.concatenate([term.Z, Z1])
    Zb = (Zall[:, None] * np.eye(7)[codes][:, :, None]).reshape(len(codes), -1)
    big = np.kron(np.eye(7), G)
    V = Zb @ big @ Zb.T + 1.3**2 * np.diag(1 / np.concatenate([w, np.ones(6)]))
    n = len(X)
    information = X.T @ np.linalg.solve(V[:n, :n], X)
    A = np.zeros((3, n + 6))
    A[:, :n] = np.linalg.solve(information, np.linalg.solve(V[:n, :n], X).T)
    Xall, y = np.concatenate([X, X1]), np.concatenate([design.y, y1])

    for new_rows, rest in ((None, slice(0, n)), (given, slice(0, n + 6))):
        K = big @ Zb[rest].T @ np.linalg.inv(V[rest, rest])
        B = np.zeros((14, n + 6))
        B[:, rest] = K
        B -= K @ Xall[rest] @ A
        x, z = rng.standard_normal((7, 3)), rng.standard_normal((7, 2))
        pick = (z[:, None] * np.eye(7)[:, :, None]).reshape(7, 14)
        linear = x @ A + pick @ B
        error = linear @ V @ linear.T - 2 * linear @ Zb @ big @ pick.T + pick @ big @ pick.T
        table = model.predict(Rows(x, z, names), "group", given=new_rows)
        assert table.values[:, 0] == pytest.approx(linear @ y, rel=1e-9, abs=1e-9)
        assert table.values[:, 1] == pytest.approx(np.sqrt(np.diag(error)), rel=1e-9)


def test_populations(slope):
    new = pd.DataFrame({"Days": [0, 4.5, 20]})
    x = np.column_stack([np.ones(3), new.Days])
    table = slope.predict(new, confidence=0.9)
    assert table.columns == ("estimate", "se", "lower", "upper")
    assert table.rows == ("1", "2", "3")
    np.testing.assert_allclose(table.values[:, 0], x @ slope.beta, rtol=1e-13)
    np.testing.assert_allclose(table.values[:, 1] ** 2, np.diag(x @ slope.vcov @ x.T), rtol=1e-12)
    np.testing.assert_allclose(
        table.values[:, 3] - table.values[:, 0], 1.6448536269514722 * table.values[:, 1]
    )
    np.testing.assert_allclose(table.values[:, 2:].mean(1), table.values[:, 0])


def test_a_group_nobody_has_seen_is_average_and_uncertain(slope):
    new = pd.DataFrame({"Days": [0, 9], "Subject": ["new", "other"]})
    table, average = slope.predict(new, "group"), slope.predict(new)
    z = np.array([[1.0, 0.0], [1.0, 9.0]])
    between = np.einsum("nq,qr,nr->n", z, slope.G["Subject"].values, z)
    np.testing.assert_allclose(table.values[:, 0], average.values[:, 0])
    np.testing.assert_allclose(table.values[:, 1] ** 2, average.values[:, 1] ** 2 + between)
    assert "new and other" in table.note
    assert slope.predict(new.assign(Subject="308"), "group").note == ""


def test_a_measurement_is_less_certain_by_residual_noise(made, slope):
    new = pd.DataFrame({"Days": [3], "Subject": ["309"]})
    mean, one = slope.predict(new, "group"), slope.predict(new, "group", observation=True)
    assert one[0, 0] == mean[0, 0]
    assert one[0, 1] ** 2 == pytest.approx(mean[0, 1] ** 2 + slope.sigma**2, rel=1e-12)
    assert "one more measurement" in one.note
    weighed = fit(made(3, weights=True))
    mean, one = (weighed.predict(level="group", observation=o).values[:, 1] for o in (False, True))
    np.testing.assert_allclose(one**2 - mean**2, weighed.sigma**2 / weighed.design.weights)


def test_each_measurement_moves_the_prediction_towards_the_own_line(sleep):
    # The leap from "anybody" to "this one": rows come in one by one.
    known, person = sleep[sleep.Subject != "308"], sleep[sleep.Subject == "308"]
    model = lmm(SLOPE, known)
    end = person.tail(1)
    tables = [model.predict(end, "group", given=person.head(k)) for k in range(10)]
    se = np.array([table[0, 1] for table in tables])
    assert (np.diff(se) < 0).all()
    assert tables[0][0, 0] == pytest.approx(model.predict(end)[0, 0], rel=1e-13)
    # all at once, in any order, or after others: the same
    shuffled = person.head(9).sample(frac=1, random_state=2)
    np.testing.assert_allclose(
        model.predict(end, "group", given=shuffled).values, tables[-1].values, rtol=1e-12
    )
    everybody = pd.concat([known[known.Subject == "309"].head(2), person.head(9)])
    both = pd.concat([end, known[known.Subject == "309"].tail(1)])
    np.testing.assert_allclose(
        model.predict(both, "group", given=everybody).values[0], tables[-1].values[0], rtol=1e-12
    )


def test_rows_given_later_count_like_rows_that_were_fitted(made):
    # at the same theta and beta: predict from the whole, and from half with the rest given
    design = made(11, p=1, q=2, groups=7)
    y = design.y - design.y.mean()
    [term] = design.terms
    nothing = np.zeros((len(y), 0))  # no fixed effects, so none can differ
    first = np.ones(len(y), dtype=bool)
    first[np.flatnonzero(term.codes == 3)[2:]] = False
    groups = np.array(term.levels)[term.codes]
    theta = [0.7, 0.2, 0.5]
    whole = evaluate(grouped(y, nothing, term.Z, groups), theta, sigma=0.9)
    part = evaluate(
        grouped(y[first], nothing[first], term.Z[first], groups[first]), theta, sigma=0.9
    )
    rest = Rows(nothing[~first], term.Z[~first], tuple(groups[~first]), y[~first])
    assert len(rest.X) > 0
    new = Rows(nothing[:2], term.Z[:2], (term.levels[3], term.levels[4]))
    np.testing.assert_allclose(
        part.predict(new, "group", given=rest).values,
        whole.predict(new, "group").values,
        rtol=1e-11,
    )


def test_many_measurements_speak_for_themselves():
    model = lmm("Reaction ~ 1 + (1 | Subject)", load("sleepstudy"))
    new = pd.DataFrame({"Subject": ["new"]})
    given = pd.DataFrame({"Subject": ["new"] * 40_000, "Reaction": np.tile([180.0, 220.0], 20_000)})
    table = model.predict(new, "group", given=given)
    assert table[0, 0] == pytest.approx(200, abs=0.1)
    assert table[0, 1] == pytest.approx(model.sigma / np.sqrt(40_000), rel=1e-3)


def test_singular_fits_predict():
    flat = lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2"))
    np.testing.assert_allclose(
        flat.predict(level="group").values, flat.predict(level="population").values, rtol=1e-12
    )
    line = lmm("y ~ x + (x | id)", load("rho_plus1"))
    table = line.predict(level="group")
    np.testing.assert_allclose(table.values[:, 0], line.fitted, rtol=1e-12)
    assert (table.values[:, 1] > 0).all()


def test_predictions_do_not_depend_on_how_the_model_is_written(sleep, slope):
    year = sleep.assign(Days=sleep.Days / 365 + 2003.5)
    other = lmm("Reaction ~ poly(Days, 1) + (center(Days) | Subject)", year)
    new = pd.DataFrame({"Days": [0, 7, 12.5], "Subject": ["308", "372", "new"]})
    given = pd.DataFrame({"Days": [1, 2], "Subject": ["new", "308"], "Reaction": [300.0, 210.0]})
    for level, extra in (("population", None), ("group", None), ("group", given)):
        moved = None if extra is None else extra.assign(Days=extra.Days / 365 + 2003.5)
        np.testing.assert_allclose(
            other.predict(new.assign(Days=new.Days / 365 + 2003.5), level, given=moved).values,
            slope.predict(new, level, given=extra).values,
            rtol=1e-6,
        )


def test_a_fit_survives_pickling_and_still_predicts(slope):
    again = pickle.loads(pickle.dumps(slope))
    new = pd.DataFrame({"Days": [3, 4], "Subject": ["309", "x"]})
    np.testing.assert_array_equal(again.predict(new, "group"), slope.predict(new, "group"))


@pytest.mark.parametrize(
    ("options", "pieces"),
    [
        ({"level": "groups"}, ["population", "group", "'groups'"]),
        ({"level": np.array(["group", "population"])}, ["level must be"]),
        ({"level": ["group"]}, ["level must be"]),
        ({"confidence": 95}, ["between 0 and 1", "95"]),
        ({"observation": True}, ["observation is about one group", 'level="group"']),
        ({"given": "seen"}, ["given is about one group", 'level="group"']),
        (
            {"level": "group", "given": "blank"},
            ["lack a value of Reaction", "leave these rows out"],
        ),
        ({"level": "group", "given": "unnamed"}, ["which Subject they belong to"]),
        ({"level": "group", "new": "unnamed"}, ["which Subject they belong to"]),
        ({"new": Rows(np.ones((2, 3)), np.ones((2, 2)), ())}, ["X needs 2 columns and Z 2"]),
        ({"new": Rows(np.ones((1, 2)), np.full((1, 2), np.nan), ())}, ["(Intercept) is nan"]),
        ({"new": 3}, ["int", "must be a table"]),
    ],
)
def test_bad_input_is_a_sentence(slope, options, pieces):
    tables = {
        "seen": pd.DataFrame({"Days": [1], "Subject": ["new"], "Reaction": [300.0]}),
        "blank": pd.DataFrame({"Days": [1, 2], "Subject": "new", "Reaction": [300.0, np.nan]}),
        "unnamed": pd.DataFrame({"Days": [1], "Reaction": [300.0]}),
    }
    options = {
        key: tables[value] if key in ("new", "given") and isinstance(value, str) else value
        for key, value in options.items()
    }
    with pytest.raises(LMMError) as caught:
        predict(slope, **options)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said
    for piece in pieces:
        assert piece in said, said


def test_what_is_given_of_others_is_told(slope):
    new = pd.DataFrame({"Days": [1], "Subject": ["new"]})
    seen = pd.DataFrame({"Days": [1], "Subject": ["nwe"], "Reaction": [300.0]})
    assert "No row of Subject nwe is predicted" in slope.predict(new, "group", given=seen).note


def test_rows_that_were_fitted_are_not_given_again_in_silence(sleep, slope):
    own = sleep[sleep.Subject == "308"]
    new = pd.DataFrame({"Days": [10, 10], "Subject": ["308", "new"]})
    note = slope.predict(new, "group", given=own.head(3)).note
    assert "3 of the rows given" in note and "count twice" in note
    more = own.head(2).assign(Days=[10, 11])
    assert "count twice" not in slope.predict(new, "group", given=more).note
    assert "count twice" not in slope.predict(new, "group", given=own.assign(Subject="new")).note
    assert (
        "1 of the rows given was fitted already and counts twice"
        in slope.predict(new, "group", given=own.tail(1)).note
    )


def test_rows_of_large_numbers(made):
    # squares are finite below 1e100, and so is what tells rows apart
    model = fit(made(1))
    [term] = model.design.terms
    big = Rows(model.design.X[:2] * 1e80, term.Z[:2], term.levels[:2], model.design.y[:2] * 1e80)
    assert np.isfinite(model.predict(big, "group", given=big).values).all()


def test_models_that_cannot_predict_say_so(made, sleep):
    with pytest.raises(LMMError, match="made from arrays"):
        fit(made(1)).predict(sleep)
    one = np.ones((6, 1))
    twice = evaluate(grouped(range(6), np.hstack([one, one]), one, list("aabbcc")), [1.0])
    with pytest.raises(LMMError, match="combinations of others"):
        twice.predict()
