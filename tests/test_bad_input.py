"""Bad input gives a sentence: it names the thing and says what to do, and is never a traceback."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from lmmlab import LMMError, lmm, load

SLOPE = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture
def sleep():
    return load("sleepstudy")


def sentence(formula, data, **options):
    """The text of the error that a fit gives."""
    with pytest.raises(LMMError) as caught:
        lmm(formula, data, **options)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said
    return said


def says(said, *pieces):
    for piece in pieces:
        assert piece in said, f"{piece!r} is not in: {said}"


@pytest.mark.parametrize(
    ("formula", "pieces"),
    [
        ("Reaction ~ Dayz + (1 | Subject)", ["no column Dayz", "Did you mean Days?"]),
        ("Reaction ~ days + (1 | Subject)", ["no column days", "Did you mean Days?"]),
        ("Reaction ~ Days + (1 | subject)", ["no column subject", "Did you mean Subject?"]),
        ("reaction ~ Days + (1 | Subject)", ["no column reaction", "Did you mean Reaction?"]),
        ("Reaction ~ Days + (caffeine | Subject)", ["caffeine", "Reaction, Days, Subject"]),
        ("Reaction ~ eval + (1 | Subject)", ["no column eval"]),
        ("Reaction ~ __import__ + (1 | Subject)", ["no column __import__"]),
        ("Reaction ~ Days + 1 | Subject", ["put parentheses", "(1 | Subject)"]),
        ("Reaction ~ Days + Days || Subject", ["put parentheses", "(1 | Subject)"]),
        ("Reaction ~ Days + (1 | Subject", ["a parenthesis is open"]),
        ("Reaction ~ Days + 1 | Subject)", ["put parentheses"]),
        ("Reaction ~ Days + (1 | Subject))", ["never opened"]),
        ("Reaction ~ Days + ( | Subject)", ["both sides of the bar", "(1 | Subject)"]),
        ("Reaction ~ Days + (1 | )", ['at ")"', "missing"]),
        ("Reaction ~ Days + (1 | Subject | Days)", ["one bar", "(1 | Subject)"]),
        ("Reaction ~ Days + (1 ||| Subject)", ["both sides of the bar"]),
        ("Reaction ~ Days + (1 / Subject)", ["no grouping term", "such as (1 | Subject)"]),
        ("Reaction ~ Days * (1 | Subject)", ["(1 | Subject) can only be added"]),
        ("Reaction ~ Days - (1 | Subject)", ["(1 | Subject) can only be added"]),
        ("Reaction ~ Days + (0 | Subject)", ["(0 | Subject)", "nothing is left before the bar"]),
        ("Reaction ~ Days + (1 | 1)", ["(1 | 1)", "must be a column"]),
        ("Reaction ~ Days + (1 | Subject + Days)", ["must be a column", "a:b"]),
        ("Reaction ~ Days + ((1 | Days) | Subject)", ["(1 | Days)"]),
        ("Reaction ~ Days + (1 | Subject/Subject)", ["combined with itself", "each column once"]),
        ("Reaction ~ Days + (1 | Subject:Subject)", ["combined with itself"]),
        ("Reaction ~ Days + (1 | Subject/Days)", ["180 rows cannot tell 180 random effects"]),
        (
            "Reaction ~ Days + (1 | Subject) + (1 | Subject:Subject2)",
            ["no column Subject2"],
        ),
        ("Reaction ~ 1 + (1 | Subject) + (Days | Subject)", ["(Intercept)", "(0 + x | g)"]),
        ("Reaction ~ Days", ["no grouping term", "put a random term in parentheses"]),
        ("Reaction ~ Reaction + (1 | Subject)", ["response Reaction", "take it out"]),
        ("Reaction ~ Days + (Reaction | Subject)", ["response Reaction", "take it out"]),
        ("Reaction ~ Days + (1 | Reaction)", ["response Reaction", "take it out"]),
        ("log(Reaction) ~ log(Reaction) + (1 | Subject)", ["response log(Reaction)"]),
        ("Subject ~ Days + (1 | Subject)", ["response Subject", "take it out"]),
        ("Reaction Days (1 | Subject)", ["there is no ~", "response ~ predictors"]),
        ("~ Days + (1 | Subject)", ["no response"]),
        ("Reaction ~ Days ~ (1 | Subject)", ["one ~"]),
        ("Reaction ~ Days Days + (1 | Subject)", ["+ is missing"]),
        ("Reaction ~ Days + + (1 | Subject) +", ["at its end", "missing"]),
        ("", ["there is no ~"]),
        ("Reaction ~ Days^2 + (1 | Subject)", ["I(Days^2)"]),
        ("Reaction ~ 2 * Days + (1 | Subject)", ["number 2", "I(2 * x)"]),
        ("Reaction ~ factor(Days) + (1 | Subject)", ["factor is not a function", "write C(x)"]),
        ("Reaction ~ as.factor(Days) + (1 | Subject)", ["as.factor is not", "write C(x)"]),
        ("Reaction ~ ns(Days) + (1 | Subject)", ["ns is not a function", "poly"]),
        ("Reaction ~ poly(Days, 10) + (1 | Subject)", ["10 different values", "smaller"]),
        ("Reaction ~ poly(Days, 2.5) + (1 | Subject)", ["degree must be a whole number"]),
        ("Reaction ~ bs(Days, df = 2) + (1 | Subject)", ["df of at least its degree"]),
        ("Reaction ~ log(Subject) + (1 | Subject)", ["Subject does not hold numbers", "'308'"]),
        ("Reaction ~ I(Days:Days) + (1 | Subject)", ["Days:Days is not arithmetic"]),
        (
            "Reaction ~ log(poly(Days, 2)) + (1 | Subject)",
            ["poly(Days, 2)", "more than one column"],
        ),
        ("C(Days) ~ 1 + (1 | Subject)", ["C(Days) cannot stand in the response"]),
        ("Reaction ~ Days + (1 | Subject) # all", ['at "# all"', "may stand in a formula"]),
    ],
)
def test_formulas(sleep, formula, pieces):
    says(sentence(formula, sleep), *pieces)


@pytest.mark.parametrize("formula", [None, 3, ["Reaction ~ Days"], b"Reaction ~ Days"])
def test_a_formula_that_is_not_text(sleep, formula):
    says(sentence(formula, sleep), type(formula).__name__, "must be text")


@pytest.mark.parametrize("data", [None, "sleepstudy", 3.0, {"Reaction": [1.0]}, np.zeros((3, 3))])
def test_data_that_are_not_a_table(data):
    says(sentence(SLOPE, data), type(data).__name__, "pandas DataFrame")


def test_tables_that_cannot_be_used(sleep):
    says(sentence(SLOPE, sleep[:0]), "no rows")
    says(sentence(SLOPE, pd.DataFrame()), "no column Reaction", "none")
    twice = pd.concat([sleep, sleep[["Days"]]], axis=1)
    says(sentence(SLOPE, twice), "2 columns called Days", "rename")


def test_names_of_columns_that_are_no_text(sleep):
    numbered = sleep.rename(columns={"Days": 5})
    says(sentence("Reaction ~ `5` + (1 | Subject)", numbered), "column 5", "no text", "astype(str)")
    numbered.columns = numbered.columns.astype(str)
    assert lmm("Reaction ~ `5` + (1 | Subject)", numbered).names == ("(Intercept)", "`5`")


@pytest.mark.parametrize("reml", ["ML", "REML", None, 1, np.array([True, False])])
def test_reml_is_true_or_false(sleep, reml):
    says(
        sentence(SLOPE, sleep, reml=reml),
        "reml must be True or False: reml=False is maximum likelihood",
    )
    assert lmm(SLOPE, sleep, reml=np.True_).reml


def test_one_level_in_the_grouping_factor(sleep):
    one = sleep[sleep.Subject == "308"]
    says(sentence(SLOPE, one), "grouping factor Subject has only one level, 308", "10 rows")
    missing = sleep.assign(Reaction=sleep.Reaction.where(sleep.Subject == "310"))
    says(sentence(SLOPE, missing), "only one level, 310")


def test_one_level_in_a_factor(sleep):
    says(
        sentence("Reaction ~ Days + dose + (1 | Subject)", sleep.assign(dose="low")),
        "dose has only one level, low",
        "take it out",
    )


def test_rank_deficient_fixed_effects_name_the_columns(sleep):
    said = sentence("Reaction ~ Days + Hours + (1 | Subject)", sleep.assign(Hours=24 * sleep.Days))
    says(said, "Days", "Hours")
    says(sentence("Reaction ~ dose + (1 | Subject)", sleep.assign(dose=3.0)), "dose")
    says(sentence("Reaction ~ I(2) + (1 | Subject)", sleep), "I(2)")
    arm = sleep.assign(arm=np.where(sleep.Subject.astype(int) > 340, "b", "a"))
    says(sentence("Reaction ~ arm + Subject + (1 | Subject)", arm), "Subject")


def test_rank_deficient_random_effects_name_the_columns(sleep):
    table = sleep.assign(dose=3.0, Hours=24 * sleep.Days)
    says(sentence("Reaction ~ Days + (dose | Subject)", table), "dose", "Subject")
    says(sentence("Reaction ~ Days + (Days + Hours | Subject)", table), "Hours", "Days", "Subject")
    said = sentence(
        "Reaction ~ 1 + (1 | Subject) + (0 + C(Days) | Subject)", pd.concat([sleep] * 2)
    )
    says(said, "C(Days)9 is a combination of (Intercept), C(Days)0, C(Days)1 and 7 others")


@pytest.mark.parametrize("empty", [("q", "v"), ("p", "u"), ("r", "u")])
def test_a_combination_without_a_row(empty):
    rng = np.random.default_rng(5)
    a, b = np.resize(list("ppqqrr"), 120), np.resize(list("uv"), 120)
    table = pd.DataFrame({"y": rng.normal(size=120), "a": a, "b": b, "g": np.arange(120) // 12})
    table = table[(table.a != empty[0]) | (table.b != empty[1])]
    for formula in ("y ~ a*b + (1|g)", "y ~ a/b + (1|g)", "y ~ 1 + (a:b|g)", "y ~ a:b:y2 + (1|g)"):
        said = sentence(formula, table.assign(y2=table.y**2))
        says(said, f"No row has a = {empty[0]} and b = {empty[1]}, so a:b", "one column of a and b")
    one = table.assign(both=table.a + table.b)
    assert len(lmm("y ~ both + (1 | g)", one).names) == 5  # what the sentence says can be done
    assert len(lmm("y ~ a + b + (1 | g)", one).names) == 4


def test_several_combinations_without_a_row(sleep):
    half = sleep[(sleep.Days < 5) | (sleep.Subject == "308")]
    said = sentence("Reaction ~ Subject:C(Days) + (1 | Subject)", half)
    says(said, "No row has Subject = 309 and C(Days) = 5 (85 combinations have none), so")


def test_random_effects_of_what_is_constant_within_levels(sleep):
    arm = sleep.assign(arm=np.where(sleep.Subject.astype(int) > 340, "b", "a"))
    said = sentence("Reaction ~ Days + (arm | Subject)", arm)
    says(said, "(Intercept) and armb cannot be told apart", "constant within levels")
    assert lmm("Reaction ~ Days + (arm || Subject)", arm).converged


def test_more_random_effects_than_rows_tell_apart(sleep):
    two = sleep[sleep.Days < 2]
    says(sentence(SLOPE, two), "Subject", "36")
    says(sentence("Reaction ~ 1 + (1 | Subject)", sleep[sleep.Days < 1]), "Subject", "18")


def test_a_constant_response(sleep):
    says(sentence(SLOPE, sleep.assign(Reaction=250.0)), "Reaction")


def test_a_perfect_fit(sleep):
    says(sentence(SLOPE, sleep.assign(Reaction=250 + 10.0 * sleep.Days)), "Reaction")
    own = sleep.Subject.astype(int) - 300.0
    says(sentence(SLOPE, sleep.assign(Reaction=250 + own * sleep.Days)), "Reaction")


def test_missing_values_everywhere(sleep):
    empty = sleep.assign(Reaction=np.nan)
    says(sentence(SLOPE, empty), "Each of the 180 rows", "Reaction (180)", "Days (0)")
    apart = sleep.assign(
        Reaction=sleep.Reaction.where(sleep.Days > 4), Days=sleep.Days.where(sleep.Days < 5)
    )
    says(sentence(SLOPE, apart), "Reaction (90)", "Days (90)")


@pytest.mark.parametrize(
    ("change", "formula", "pieces"),
    [
        ({"Days": np.inf}, SLOPE, ["Days", "in 1 of 180 rows", "row 7", "Days = inf"]),
        ({"Reaction": -np.inf}, SLOPE, ["Reaction", "row 7", "Reaction = -inf"]),
        ({}, "Reaction ~ log(Days) + (1 | Subject)", ["log(Days)", "18 of 180", "Days = 0"]),
        ({}, "Reaction ~ Days + (log(Days) | Subject)", ["log(Days)", "18 of 180"]),
        ({"Reaction": -1.0}, "log(Reaction) ~ 1 + (1 | Subject)", ["log(Reaction)", "row 7"]),
        ({}, "Reaction ~ sqrt(Days - 1) + (1 | Subject)", ["sqrt(Days - 1)", "18 of 180"]),
        ({}, "Reaction ~ I(1 / Days) + (1 | Subject)", ["1 / Days", "Days = 0"]),
        (
            {},
            "Reaction ~ I(Days/(Days - Days)) + (1 | Subject)",
            ["first in row 0, where Days = 0.0. Correct"],
        ),
        ({}, "Reaction ~ exp(Days * 1000) + (1 | Subject)", ["exp(Days * 1000)", "162 of 180"]),
        ({}, "Reaction ~ I(Days * 1e999) + (1 | Subject)", ["inf is not a finite number"]),
        ({}, "Reaction ~ poly(1e200 * Days, 3) + (1 | Subject)", ["poly(1e+200 * Days, 3)"]),
        ({"Days": np.inf}, "Reaction ~ poly(Days, 2) + (1 | Subject)", ["Days = inf"]),
        ({}, "Reaction ~ scale(0 * Days) + (1 | Subject)", ["scale(0 * Days)", "180 of 180"]),
    ],
)
def test_infinite_values_and_those_that_a_function_makes(sleep, change, formula, pieces):
    table = sleep.astype({"Days": float})
    for column, value in change.items():
        table.loc[7, column] = value
    says(sentence(formula, table), *pieces)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["249,56"] * 180, "'249,56'"),
        ([True, False] * 90, "'True'"),
        (pd.date_range("2024-01-01", periods=180), "2024-01-01"),
        (pd.Categorical(["low", "high"] * 90), "'low'"),
        (np.ones(180) * 1j, "1j"),
    ],
)
def test_a_response_that_is_not_a_number(sleep, values, kind):
    said = sentence(SLOPE, sleep.assign(Reaction=values))
    says(said, "Reaction does not hold numbers", kind, "Turn it into numbers")


def test_dates_as_predictors(sleep):
    dates = pd.to_datetime("2024-01-01") + pd.to_timedelta(sleep.Days, unit="D")
    for when in (dates, pd.to_timedelta(sleep.Days, unit="D")):
        said = sentence("Reaction ~ Days + (1 | Subject)", sleep.assign(Days=when))
        says(said, "Days holds neither numbers nor categories", "days since the start")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([Decimal("0.5"), Decimal("1.5")], "Decimal, such as '0.5'"),
        ([date(2024, 1, 1), date(2024, 1, 2)], "date, such as '2024-01-01'"),
        ([[0], [1]], "list, such as '[0]'"),
        ([(0,), (1,)], "tuple"),
        ([b"low", b"high"], "bytes"),
        (["low", 1], "int, such as '1'"),
        (["low", 10.5], "float, such as '10.5'"),
    ],
)
def test_objects_that_are_no_text_are_no_categories(sleep, values, kind):
    dose = pd.Series(values * 90, dtype=object)
    for formula in ("Reaction ~ dose + (1 | Subject)", "Reaction ~ Days + (dose || Subject)"):
        said = sentence(formula, sleep.assign(dose=dose))
        says(said, "dose holds neither numbers nor categories", kind, "Turn it into numbers")
    text = sleep.assign(dose=dose.astype(str))
    assert len(lmm("Reaction ~ dose + (1 | Subject)", text).names) == 2


def test_text_and_truth_are_categories_also_as_objects(sleep):
    for values in (["low", "high"], [True, False], [np.True_, "no"]):
        dose = pd.Series(values * 90, dtype=object)
        assert len(lmm("Reaction ~ dose + (1 | Subject)", sleep.assign(dose=dose)).names) == 2


@pytest.mark.parametrize(
    ("change", "pieces"),
    [
        ({"recipe": "D"}, ["knows no level D of recipe", "A, B and C"]),
        ({"recipe": None}, ["recipe is missing in row 5", "Fill it in"]),
        ({"temp": np.nan}, ["temp is missing in row 5 of the new table", "leave out the row"]),
        ({"temp": np.inf}, ["temp", "not a finite number"]),
        ({"temp": "hot"}, ["temp does not hold numbers"]),
        ({"temp": 400}, ["bs(temp, 4)", "between 175 and 225"]),
    ],
)
def test_a_table_to_predict_that_cannot_be_read(change, pieces):
    cake = load("cake")
    fit = lmm("angle ~ recipe + bs(temp, df = 4) + (1 | batch)", cake)
    new = cake[["recipe", "temp", "angle"]].iloc[5:7].astype(object)
    assert len(fit.predict(new)) == 2
    for column, value in change.items():
        new.loc[5, column] = value
    with pytest.raises(LMMError) as caught:
        fit.predict(new)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said
    says(said, *pieces)


def test_a_table_to_predict_that_is_none(sleep):
    fit = lmm(SLOPE, sleep)
    for new, pieces in [
        (sleep.drop(columns="Days"), ["no column Days"]),
        (sleep.rename(columns={"Days": "days"}), ["Did you mean days?"]),
        (sleep.iloc[:0], ["no rows"]),
        ([[0], [1]], ["list", "must be a table"]),
        (sleep.assign(Days=np.nan), ["180 rows has a missing value"]),
    ]:
        with pytest.raises(LMMError) as caught:
            fit.predict(new)
        says(str(caught.value), *pieces)
    missing = sleep.assign(Days=sleep.Days.where(sleep.Days != 3))
    with pytest.raises(LMMError, match=r"row 3 of the new table \(and something in 17 more\)"):
        fit.predict(missing)


def test_text_for_a_predictor_of_numbers_spoils_nothing(sleep):
    fit = lmm(SLOPE, sleep)
    new = pd.DataFrame({"Days": [1, 2, 3], "Subject": "308", "Reaction": [250.0, 260.0, 270.0]})
    before = fit.predict(new, "group", given=new).values
    text = new.assign(Days=["1", "2", "3"])
    for ask in (
        lambda: fit.predict(text),
        lambda: fit.predict(text, "group"),
        lambda: fit.predict(new, "group", given=text),
    ):
        with pytest.raises(LMMError) as caught:
            ask()
        says(str(caught.value), "Days does not hold numbers", "'1'", "pandas.to_numeric")
    np.testing.assert_array_equal(fit.predict(new, "group", given=new).values, before)


def test_levels_that_share_a_name(sleep):
    first = np.where(sleep.Subject.astype(int) < 335, "x:y", "x")
    table = sleep.assign(a=first, b=np.where(first == "x", "y:z", "z"))
    says(sentence("Reaction ~ Days + (1 | a:b)", table), "a:b", "two levels called x:y:z", "Rename")
    mixed = sleep.assign(a=pd.Categorical([1, "1"] * 90, categories=[1, "1"]))
    for formula in ("Reaction ~ a + (1 | Subject)", "Reaction ~ Days + (1 | a)"):
        says(sentence(formula, mixed), "a has two levels called 1", "Rename")


def test_only_what_a_prediction_needs_is_read(sleep):
    fit = lmm("log(Reaction) ~ Days + (Days | Subject)", sleep)
    new = pd.DataFrame({"Days": [1, 2], "Subject": "308"})
    plain, own = fit.predict(new).values, fit.predict(new, "group").values
    for reaction in (0.0, -1.0, "", np.inf, None):
        table = new.assign(Reaction=reaction)
        np.testing.assert_array_equal(fit.predict(table).values, plain)
        np.testing.assert_array_equal(fit.predict(table, "group").values, own)
    twice = pd.concat([new, new[["Subject"]]], axis=1)
    for table in (new.assign(Subject=None), new.assign(Subject=[None, "308"]), twice):
        np.testing.assert_array_equal(fit.predict(table).values, plain)
        with pytest.raises(LMMError, match="Subject"):
            fit.predict(table, "group")
    with pytest.raises(LMMError, match=r"log\(Reaction\) is not a finite number"):
        fit.predict(new, "group", given=new.assign(Reaction=0.0))
    with pytest.raises(LMMError, match="Reaction does not hold numbers"):
        fit.predict(new, "group", given=new.assign(Reaction="slow"))
