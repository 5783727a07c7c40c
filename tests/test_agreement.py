"""How closely the engine agrees with the reference results; writes the table of docs/methods.md.

``python tests/test_agreement.py`` computes every figure anew and writes it into the docs; the test
computes them too, and fails where one has become worse than the docs say.
A disagreement is on a natural scale: of an estimate to its standard error, of a BLUP to the sd
between groups, of a covariance to the two standard errors, else relative.
"""

import json
from math import ceil, log10
from pathlib import Path

import numpy as np
import pytest
from written_out import described

from lmmlab import compare, glmm, lmm, load, scan
from lmmlab.classical.rm_anova import rm_anova
from lmmlab.data import arrays
from lmmlab.kinship.heritability import heritability
from lmmlab.model.r2 import r2

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "methods.md"
START, END = "<!-- agreement: start -->\n", "<!-- agreement: end -->\n"
DESIGNS = {
    "orthodont_rmanova": ("distance", "Subject", ["age"], ["Sex"]),
    "orthodont_rmanova_within": ("distance", "Subject", ["age"], []),
    "maxwell_delaney_rmanova": ("rt", "id", ["noise", "angle"], []),
}


def cases():
    return [json.loads(path.read_text()) for path in sorted((HERE / "reference").glob("*.json"))]


def worst(got, said, scale=None):
    """The largest difference from what was said; what was not computed there does not count."""
    got, said = np.asarray(got, dtype=float), np.asarray(said, dtype=float)
    scale = np.abs(said) if scale is None else np.broadcast_to(scale, said.shape)
    known = np.isfinite(said) & (scale > 0)
    assert np.isfinite(got[known]).all(), "no number where the reference has one"
    return float(np.max(np.abs(got - said)[known] / scale[known], initial=0.0)), int(known.any())


def of_a_model(case):
    """Yield what is compared, with whom, and the worst disagreement of one mixed model."""
    data, reml = load(case["data"].removesuffix(".csv")), case["method"] == "REML"
    fit = lmm(case["formula"], data, reml=reml)
    said, inference = case["fit"], case["inference"]
    names, ranefs = inference["names"], said["ranef"]
    se, parts = np.array(said["se"]), []
    sd = np.concatenate([part["sd"] for part in said["varcorr"]])
    sd_scale = said["sigma"] if said["singular"] else sd
    yield "criterion", "lme4", worst(fit.deviance, said["criterion"])
    yield "fixed effects", "lme4", worst(fit.beta, said["beta"]["estimate"], se)
    yield "standard errors", "lme4", worst(fit.se, se)
    yield "sd of random effects", "lme4", worst(np.concatenate([*fit.sd.values()]), sd, sd_scale)
    yield "sigma", "lme4", worst(fit.sigma, said["sigma"])
    wide = np.broadcast_to(sd_scale, sd.shape)
    for ranef, own in zip(ranefs, fit.design.effects, strict=True):
        blups = fit.blups[ranef["group"]].values
        parts.append(worst(blups, ranef["values"], wide[own]))
    yield "BLUPs", "lme4", max(parts)
    first = len(said["fitted_first20"]["conditional"])
    own = fit.predict(level="group").values[:first, 0]
    yield "predictions", "lme4", worst(own, said["fitted_first20"]["conditional"], said["sigma"])

    for name, package in (("satterthwaite", "lmerTest"), ("kenward_roger", "pbkrtest")):
        title = name.replace("_", "-").title()
        if f := inference.get(name):
            table = fit.test(name.replace("_", "-"))
            column = dict(zip(table.columns, table.values.T, strict=True))
            yield f"{title} df", package, worst(column["df"], f["df"])
            yield f"{title} t", package, worst(column["statistic"], f["t"])
            if "se_adjusted" in f:
                yield f"{title} standard errors", package, worst(column["se"], f["se_adjusted"])
                both = vcov(fit)
                scale = np.sqrt(np.outer(np.diag(both), np.diag(both)))
                yield (
                    f"{title} covariance matrix",
                    package,
                    worst(both, f["vcov_adjusted"], scale),
                )
        if f := inference.get(f"anova_type3_{name}"):
            table = fit.anova(name.replace("_", "-"))
            assert list(table.rows) == f["terms"]
            yield f"{title}, type III: df", package, worst(table.values[:, 1], f["dendf"])
            yield f"{title}, type III: F", package, worst(table.values[:, 2], f["F"])

    if exact := inference.get("profile_ci_exact"):
        table = fit.profile().table
        place = {name: row for name, row in zip(table.rows, table.values, strict=True)}
        rows = np.array([place[name] for name in names])
        bounds = np.array([exact["beta"]["lower"], exact["beta"]["upper"]])
        yield (
            "profile intervals, fixed effects",
            "lme4's deviance",
            worst(rows[:, 1:].T, bounds, se),
        )
        part = exact["varpar"]
        rows = np.array([place[name] for name in part["names"]])
        bounds = np.array([part["lower"], part["upper"]], dtype=float)
        yield "profile intervals, variances", "lme4's deviance", worst(rows[:, 1:].T, bounds)
    for test in inference.get("lrt", []):  # all by ML
        models = [lmm(f, data, reml=False) for f in (test["reduced"], test["full"]) if "|" in f]
        row = compare(*models).values[-1]
        yield "likelihood ratio chi2", "lme4", worst(row[4], test["chisq"])
        yield "likelihood ratio, p", "lme4", worst(row[6], test["p"])
        if test["p_mixture"] is not None:
            yield "likelihood ratio, p boundary", "lme4", worst(row[7], test["p_mixture"])
    if shares := case.get("r2"):
        ours, keys = r2(fit), ("marginal", "conditional", "icc_adjusted", "icc_unadjusted")
        yield (
            "R2 and ICC",
            "performance's formulas",
            worst([getattr(ours, key) for key in keys], [shares[key] for key in keys], 1.0),
        )


def vcov(fit):
    """Kenward and Roger's covariance matrix, from the variances of sums of effects."""
    p = len(fit.names)
    squares = np.diag(fit.test("kenward-roger").values[:, 1] ** 2)
    for i in range(p):
        for j in range(i):
            both = fit.test("kenward-roger", L=np.eye(p)[i] + np.eye(p)[j]).values[0, 1] ** 2
            squares[i, j] = squares[j, i] = (both - squares[i, i] - squares[j, j]) / 2.0
    return squares


def of_an_anova(case):
    """Yield the same for one repeated-measures ANOVA."""
    y, person, within, between = DESIGNS[case["case"]]
    columns, said = arrays(case["data"].removesuffix(".csv")), case["anova"]
    ours = rm_anova(
        columns[y],
        columns[person],
        {name: columns[name] for name in within},
        {name: columns[name] for name in between} or None,
    )
    order = [ours.terms.index(term) for term in said["terms"]]
    for title, own, keys in (
        ("RM-ANOVA F", (ours.F,), ("F",)),
        ("RM-ANOVA p", (ours.p,), ("p",)),
        ("Mauchly W and p", (ours.W, ours.W_p), ("mauchly_W", "mauchly_p")),
        ("Greenhouse-Geisser epsilon and p", (ours.gg, ours.gg_p), ("gg_epsilon", "gg_p")),
        ("Huynh-Feldt epsilon and p", (ours.hf, ours.hf_p), ("hf_epsilon", "hf_p")),
    ):
        for values, key in zip(own, keys, strict=True):
            yield title, "car", worst(np.asarray(values)[order], said[key])


def related():
    """The relationship matrix of the data set "kinship", in the order of its people."""
    square = np.zeros((200, 200))
    square[np.triu_indices(200)] = np.load(HERE / "reference" / "kinship_K.npz")["upper"]
    return {"id": square + np.triu(square, 1).T}


def of_relatives(case):
    """Yield the same of a model of relatives."""
    formula, said = case["formula"].partition(",")[0], case["fit"]
    reml = case["method"] == "REML"
    fit = lmm(formula, load("kinship"), reml=reml, relationship=related())
    se, found = np.array(said["se"]), heritability(fit)
    expected = [np.squeeze(said[name]) for name in ("sigma2_g", "sigma2_family") if name in said]
    G = [float(table[0, 0]) for table in fit.G.values()]
    yield "relatives: criterion", "brute force", worst(fit.deviance, said["criterion"])
    beta = worst(fit.beta, said["beta"]["estimate"], se)
    yield "relatives: fixed effects", "brute force", beta
    yield "relatives: standard errors", "brute force", worst(fit.se, se)
    variances = worst([*G, fit.sigma**2], [*expected, said["sigma2_e"]])
    yield "relatives: variances", "brute force", variances
    if "h2" in said:
        sd = np.sqrt(said["sigma2_g"])
        blups = worst(fit.blups["id"].values[:, 0], said["blup_g"], sd)
        yield "relatives: BLUPs", "brute force", blups
        told = worst([found.h2, found.se], [said["h2"], said["se_h2"]])
        yield "relatives: heritability and its error", "brute force", told


def of_a_scan(case):
    """Yield the same of a marker scan."""
    data, markers, said = load("kinship"), load("kinship_snps").set_index("id"), case["scan"]
    for what, options, names in (
        ("variances kept", {}, "beta_null_variance se_null_variance p_null_variance"),
        ("REML anew", {"reestimate": True}, "beta_reml se_reml p_wald"),
        ("ML anew", {"reestimate": True, "reml": False}, "lrt_chisq p_lrt"),
    ):
        found = scan("y2 ~ sex + age + (1 | id)", data, markers, related(), **options)
        ours = [found.beta, found.se, found.p] if found.df < np.inf else [found.statistic, found.p]
        theirs = [said[name] for name in names.split()]
        yield f"marker scan, {what}", "brute force", worst(np.ravel(ours), np.ravel(theirs))


def of_counts(case):
    """Yield the same of a generalised model."""
    data, trials = load(case["data"].removesuffix(".csv")), case.get("weights")
    if trials:
        data["prop"] = data["incidence"] / data[trials]
    nodes = 1 if case["method"] == "Laplace" else int(case["method"].removeprefix("AGQ"))
    fit = glmm(case["formula"], data, case["family"], trials=trials, nodes=nodes)
    said, se = case["fit"], np.array(case["fit"]["se"])
    both = np.sqrt(np.outer(se, se))
    title = f"{'Laplace' if nodes == 1 else 'quadrature'}: "
    beside = "lme4's deviance, glmmTMB" if nodes == 1 else "lme4's deviance"
    sd = np.concatenate([part["sd"] for part in said["varcorr"]])
    parts = zip(said["ranef"], sd, strict=True)
    b = [worst(fit.blups[part["group"]].values, part["values"], tau) for part, tau in parts]
    parts = zip(said["ranef"], sd, strict=True)
    b_sd = [worst(fit.blup_sd[part["group"]].values, part["cond_sd"], tau) for part, tau in parts]
    wald, first = case["inference"]["wald"], said["fitted_first20"]
    for what, size in (
        ("criterion", worst(fit.deviance, said["criterion"])),
        ("fixed effects", worst(fit.beta, said["beta"]["estimate"], se)),
        ("covariance matrix", worst(fit.vcov, said["vcov_beta"], both)),
        ("sd of random effects", worst(np.concatenate([*fit.sd.values()]), sd)),
        ("BLUPs", max(b)),
        ("conditional sds", max(b_sd)),
        ("predictions", worst(fit.fitted[:20], first["conditional"])),
        ("Wald z", worst(fit.test().values[:, 3], wald["z"])),
    ):
        yield title + what, beside, size


def of_residuals(case):
    """Yield the same of a model with a residual structure, beside its dense optimum and nlme."""
    name, said = case["data"].removesuffix(".csv"), case["fit"]
    structure = described(name, case["structure"])
    fit = lmm(case["formula"], load(name), reml=case["method"] == "REML", residual=structure)
    if dense := (case["crosscheck"] or {}).get("dense_optimum"):
        se = np.array(dense["se"])
        yield "residuals: criterion", "dense V", worst(fit.deviance, -2.0 * dense["loglik"])
        yield "residuals: fixed effects", "dense V", worst(fit.beta, dense["beta"], se)
        yield "residuals: standard errors", "dense V", worst(fit.se, se)
        yield "residuals: sigma", "dense V", worst(fit.sigma, dense["sigma"])
    parameters = [said["cor_params"] or {"values": []}, said["var_params"] or {"values": [1]}]
    values = parameters[0]["values"] + parameters[1]["values"][1:]
    yield "residuals: correlations and sd ratios", "nlme", worst(fit.residual.values, values)
    for ranef in said["ranef"] or []:
        blups = worst(fit.blups[ranef["group"]].values, ranef["values"], said["sigma"])
        yield "residuals: BLUPs", "nlme", blups


def agreement():
    """Every comparison: with whom, in how many models, and the worst disagreement of all."""
    found = {}
    kinds = {
        "lmm": of_a_model,
        "rm_anova": of_an_anova,
        "nlme_gls": of_residuals,
        "nlme_lme": of_residuals,
        "kinship": of_relatives,
        "kinship_scan": of_a_scan,
        "glmm": of_counts,
    }
    for case in sorted(cases(), key=lambda case: list(kinds).index(case["kind"])):
        seen = set()
        for what, package, (size, known) in kinds[case["kind"]](case):
            was, models, _ = found.get(what, (0.0, 0, package))
            new = known and what not in seen
            seen.add(what)
            found[what] = (max(was, size), models + new, package)
    return found


def rounded(size):
    """A power of ten above a disagreement, with room for another machine's rounding."""
    return f"1e{ceil(log10(max(3 * size, 1e-13)))}"


def test_no_reference_is_left_out():
    assert len({case["case"] for case in cases()}) == 90


def test_a_result_that_is_no_number_does_not_agree():
    assert worst([1.0, np.nan], [2.0, np.nan]) == (0.5, 1)
    for missing in (np.nan, np.inf):
        with pytest.raises(AssertionError, match="no number where the reference has one"):
            worst([1.0, missing], [1.0, 2.0])


def table():
    lines = ["| what | beside | models | agrees to |", "|---|---|--:|--:|"]
    lines += [
        f"| {what} | {package} | {models} | {rounded(size)} |"
        for what, (size, models, package) in agreement().items()
    ]
    return "\n".join(lines) + "\n"


def test_methods_agree_with_the_references_as_closely_as_the_docs_say():
    found, docs = agreement(), DOCS.read_text().split(START)[1].split(END)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in docs.splitlines()[2:]]
    assert [what for what, *_ in rows] == list(found)
    for what, package, models, said in rows:
        size, count, beside = found[what]
        assert (package, int(models)) == (beside, count), what
        assert size <= float(said), what


if __name__ == "__main__":
    text = DOCS.read_text()
    before, rest = text.split(START)
    DOCS.write_text(before + START + table() + END + rest.split(END)[1])
    print(table())
