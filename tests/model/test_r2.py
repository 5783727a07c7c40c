"""R2 against the reference results of all models with normal noise."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lmmlab import lmm, load
from lmmlab.engine.design import LMMError
from lmmlab.model.fit import fit
from lmmlab.model.r2 import R2, r2

FOLDER = Path(__file__).parent.parent / "reference"
CASES = [path for path in sorted(FOLDER.glob("*.json")) if '"kind": "lmm"' in path.read_text()]


def test_all_references_are_here():
    assert len(CASES) == 42


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_reference(path):
    case = json.loads(path.read_text())
    data, theirs = load(case["data"].removesuffix(".csv")), case["r2"]
    ours = r2(lmm(case["formula"], data, reml=case["method"] == "REML"))
    total = sum(theirs[f"var_{part}"] for part in ("fixed", "random", "residual"))
    for part in ("fixed", "random", "residual"):
        assert abs(getattr(ours, part) - theirs[f"var_{part}"]) < 1e-9 * total
    for share in ("marginal", "conditional", "icc_adjusted", "icc_unadjusted"):
        assert getattr(ours, share) == pytest.approx(theirs[share], abs=1e-9)


def test_sleepstudy():
    ours = r2(lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy")))
    assert (ours.marginal, ours.conditional) == pytest.approx((0.279, 0.799), abs=5e-4)


def test_no_predictor_and_no_group():
    parts = R2(fixed=0.0, random=0.0, residual=2.0)
    assert (parts.marginal, parts.conditional, parts.icc_adjusted) == (0.0, 0.0, 0.0)


def test_the_unit_of_y_and_the_origin_of_time_change_nothing(made):
    design = made(7, p=2, q=2)
    (term,) = design.terms
    A = np.array([[1.0, 3.0], [0.0, 1.0]])
    moved = replace(term, Z=term.Z @ A)
    other = replace(design, y=100.0 - 7.0 * design.y, X=design.X @ A, terms=(moved,))
    one, two = r2(fit(design)), r2(fit(other))
    assert (one.marginal, one.conditional) == pytest.approx(
        (two.marginal, two.conditional), rel=1e-5
    )


def test_weights_are_refused(made):
    with pytest.raises(LMMError, match="not one number"):
        r2(fit(made(3, weights=True)))
