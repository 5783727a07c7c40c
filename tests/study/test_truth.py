"""What is true: responses are the model, bent and bounded as was said."""

import numpy as np
import pytest

from lmmlab.engine.design import LMMError
from lmmlab.study.layout import Layout, members, occasions
from lmmlab.study.missingness import Dropout, observed
from lmmlab.study.shape import Shape
from lmmlab.study.simulate import normals, root
from lmmlab.study.truth import Truth

LINE = ("1", "day")


def test_the_model_written_out():
    codes = members([3, 2])
    layout = Layout(codes, {"day": occasions(codes), "dose": np.array([0.0, 2, 1, 0, 1])})
    T, bent, noise = root([2.0, 0.5], 0.4), Shape("skewed"), Shape("t", 4)
    truth = Truth({"dose": -1.0, "1": 10.0}, LINE, T, 1.5, people=bent, noise=noise)
    rng = np.random.default_rng(1)
    u, e = rng.standard_normal((4, 2, 2)), rng.standard_normal((4, 5))
    y = truth.responses(layout, u, e)
    for run in range(4):
        for i in range(5):
            b = T @ bent.bend(u[run, codes[i]])
            mean = 10 - layout.columns["dose"][i] + b[0] + b[1] * layout.columns["day"][i]
            assert y[run, i] == pytest.approx(mean + 1.5 * noise.bend(e[run])[i])


def test_the_slope_that_people_leave_for():
    codes = members([3] * 30)
    layout = Layout(codes, {"day": occasions(codes)})
    rule = Dropout("own slope", 0.4)
    truth = Truth({}, LINE, root([2.0, 0.5], -0.4), 1.0, people=Shape("skewed"), dropout=rule)
    drawn = normals(1, 30, 8)
    u, e, chance = drawn[:, :2], drawn[:, 2:5].ravel(), drawn[:, 5:].ravel()
    y = truth.responses(layout, u, e)
    slope = (Shape("skewed").bend(u) @ truth.root.T)[:, 1]
    seen = truth.observed(layout, y, u, chance)
    np.testing.assert_array_equal(seen, observed(rule, codes, y, chance, slope))
    assert not seen.all()
    assert Truth({}, (), root([]), 1.0).observed(layout, y, u, chance).all()


def test_floor_and_ceiling():
    codes = members([4, 4])
    truth = Truth({"1": 5.0}, (), root([]), 10.0, floor=0.0, ceiling=8.0)
    y = truth.responses(Layout(codes, {}), np.zeros((2, 0)), normals(1, 1, 8)[0])
    free = Truth({"1": 5.0}, (), root([]), 10.0)
    np.testing.assert_array_equal(
        y, np.clip(free.responses(Layout(codes, {}), np.zeros((2, 0)), normals(1, 1, 8)[0]), 0, 8)
    )
    assert y.min() == 0 and y.max() == 8


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Truth({}, ("1",), root([1.0, 2.0]), 1.0), "root of G has shape"),
        (lambda: Truth({}, ("1",), np.array([[np.nan]]), 1.0), "finite numbers"),
        (lambda: Truth({"x": np.inf}, (), root([]), 1.0), "true effect of x is inf"),
        (lambda: Truth({}, (), root([]), -1.0), "sigma is -1"),
        (lambda: Truth({}, (), root([]), 1.0, floor=2, ceiling=2), "must be below the ceiling"),
    ],
)
def test_what_cannot_be(make, says):
    with pytest.raises(LMMError, match=says):
        make()
