"""The text of a fit: lme4's numbers, every caveat in words, nothing undefined as a number."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from lmmlab import lmm, load
from lmmlab.engine.design import Design, Term
from lmmlab.model.fit import fit as fit_design
from lmmlab.model.summary import html, summary

SLEEP = """\
Linear mixed model, fitted by REML (in closed form)
Reaction ~ Days + (Days | Subject)
180 rows, 18 levels of Subject

Random effects: how much levels differ
  Group     Effect           SD  Correlation with (Intercept)
  Subject   (Intercept)  24.74
  Subject   Days          5.922                         0.066
  Residual               25.59

Fixed effects: what holds on average
  Effect       Estimate  Std. error      t
  (Intercept)   251.405       6.825  36.84
  Days           10.467       1.546   6.77

-2 log restricted likelihood 1743.63, AIC 1755.63, BIC 1774.79; 6 parameters."""


@pytest.fixture(scope="module")
def sleep():
    return lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))


class Cells(HTMLParser):
    """Collects the text of a page, and of each row of its tables."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.text, self.tags = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        self.text.append(data)
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def test_sleepstudy_reads_as_in_lme4(sleep):
    # The numbers are those of lme4 1.1-31.
    assert summary(sleep) == SLEEP
    assert sleep.summary() == repr(sleep) == SLEEP


def test_html_says_the_same_as_the_text(sleep):
    for fit in (sleep, lmm("y ~ x + (x | id)", load("rho_minus1"))):
        seen = Cells(html(fit))
        words = " ".join(" ".join(seen.text).split())
        said = summary(fit).split()
        assert sorted(words.split()) == sorted(said)
        assert ["Residual", "", *seen.rows[3][2:]] == seen.rows[3]
    assert seen.rows[0] == ["Group", "Effect", "SD", "Correlation with (Intercept)"]
    assert sleep._repr_html_() == html(sleep)


def test_html_has_meaning_and_no_colours(sleep):
    page = html(sleep)
    tags = Cells(page).tags
    assert [name for name, _ in tags].count("table") == [n for n, _ in tags].count("caption") == 2
    assert {attrs["scope"] for name, attrs in tags if name == "th"} == {"row", "col"}
    assert not re.search("color|style|#[0-9a-f]{3}|<th[^>]*></th>", page)


def test_ml_names_its_criterion():
    said = summary(lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"), reml=False))
    assert "fitted by ML" in said
    assert "-2 log likelihood 1751.94, AIC 1763.94, BIC 1783.10; 6 parameters." in said  # lme4
    assert "restricted" not in said


def test_rows_left_out_are_counted():
    sleep = load("sleepstudy")
    sleep.loc[3, "Reaction"] = np.nan
    formula = "Reaction ~ Days + (Days | Subject)"
    assert "179 rows, 18 levels of Subject; 1 row was left out" in summary(lmm(formula, sleep))
    sleep.loc[7:8, "Days"] = np.nan
    assert "177 rows, 18 levels of Subject; 3 rows were left out" in summary(lmm(formula, sleep))


def test_a_singular_fit_is_told():
    said = summary(lmm("Yield ~ 1 + (1 | Batch)", load("dyestuff2")))
    assert re.search(r"Batch +\(Intercept\) +0\n", said)
    assert "The fit is singular: the sd of (Intercept)" in said
    said = summary(lmm("y ~ x + (x | id)", load("rho_minus1")))
    assert "-1.000" in said and "The fit is singular" in said


def test_undefined_is_a_word(sleep):
    said = summary(sleep.at([1.0, 0.0, 0.0]))
    assert re.search(r"Subject +Days +0 +undefined\n", said)
    assert "at a theta that was given" in said and "theta was given, not estimated" in said
    assert "nan" not in said and "undefined" in html(sleep.at([1.0, 0.0, 0.0]))


def test_what_the_formula_sets_to_zero_is_not_an_estimate():
    said = summary(lmm("Reaction ~ Days + (Days || Subject)", load("sleepstudy")))
    assert re.search(r"Subject +Days +5.988 +0 by formula\n", said)


def test_a_fit_without_fixed_effects_has_no_table_of_them():
    said = summary(lmm("Reaction ~ 0 + (1 | Subject)", load("sleepstudy")))
    assert "Fixed effects" not in said and "Random effects" in said


def test_weights_are_mentioned(sleep):
    design = sleep.design
    weighted = Design(
        design.y, design.X, design.names, design.terms, weights=np.repeat([1.0, 2.0], 90)
    )
    assert "weights" in summary(fit_design(weighted))


def test_names_are_escaped():
    rng = np.random.default_rng(1)
    evil = [f"<img src={k} onerror=alert(1)>" for k in ("g", "z0", "z1", "x", "formula")]
    codes, Z = np.arange(24) // 6, np.column_stack([np.ones(24), np.arange(24.0) % 6])
    term = Term(evil[0], (evil[1], evil[2]), Z, codes, tuple("abcd"), (2,))
    y = rng.normal(size=24)
    design = Design(y, np.ones((24, 1)), (evil[3],), (term,), formula=evil[4])
    page = html(fit_design(design))
    seen = Cells(page)
    assert "img" not in [name for name, _ in seen.tags]
    assert seen.rows[0][3] == f"Correlation with {evil[1]}"  # in a header, too
    for name in evil:
        assert name in " ".join(seen.text)
    singular = html(fit_design(design).at([1.0, 0.0, 0.0]))
    assert f"the sd of {evil[2]} between" in " ".join(Cells(singular).text)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e6, 1e12])
def test_numbers_of_any_size_can_be_read_back(scale):
    data = load("sleepstudy")
    fit = lmm("y ~ Days + (Days | Subject)", data.assign(y=data.Reaction * scale))
    table = summary(fit).split("\n\n")[2].splitlines()[2:]
    for line, beta, se in zip(table, fit.beta, fit.se, strict=True):
        shown = [float(piece) for piece in line.split()[1:]]
        assert shown[0] == pytest.approx(beta, abs=se * 1e-3)
        assert shown[1] == pytest.approx(se, rel=1e-3)
        assert shown[2] == pytest.approx(beta / se, abs=0.006)
