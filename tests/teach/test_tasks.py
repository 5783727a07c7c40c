"""Questions: what is shown before a commitment, and how wrong answers are met."""

import json

import pytest

from lmmlab.teach.tasks import Choice, Mistake, Number, Predict, apart

SD = Number(
    "sd",
    "The variance between people is 625 ms². What is the sd?",
    value=25.0,
    reply="The sd is the root of the variance.",
    tolerance=0.5,
    unit="ms",
    mistakes=(
        Mistake(625.0, "variance instead of sd", "That is the variance; its root has the unit ms."),
        Mistake(312.5, "half instead of root", "That is half of it, not its root."),
    ),
    limits=(0.0, float("inf")),
    then={"tau0": 25.0},
    too_high="Which number times itself is 625?",
)


def test_nothing_of_the_answer_is_in_what_is_asked() -> None:
    asked = json.dumps(SD.asked())
    for secret in ("25.0", "root", "misconception", "half", "0.5", "tolerance", "then"):
        assert secret not in asked.replace("625", "")
    assert SD.asked()["unit"] == "ms" and not SD.asked()["signed"]


@pytest.mark.parametrize("given", [25, 25.0, 24.5, 25.5])
def test_right_within_the_tolerance(given: float) -> None:
    reply = SD.answer(given)
    assert reply.right and reply.text == SD.reply and reply.values == {"tau0": 25.0}
    assert not reply.open and reply.misconception == ""


@pytest.mark.parametrize("given", [625, 615, 635.0])
def test_a_known_mistake_is_answered_by_name_and_shown(given: float) -> None:
    reply = SD.answer(given)
    assert not reply.right and not reply.open
    assert reply.misconception == "variance instead of sd"
    assert "That is the variance" in reply.text and reply.values == {"tau0": 25.0}


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (100, "Much too high. Which number times itself is 625?"),
        (30, "Too high. Which"),
        (26, "A little too high."),
        (24, "A little too low. 2 more tries."),
        (20, "Too low."),
        (1, "Much too low."),
        (-25, "It cannot be below 0."),
    ],
)
def test_any_other_gets_a_hint_by_sign_and_size_and_another_try(given: float, hint: str) -> None:
    reply = SD.answer(given)
    assert reply.text.startswith(hint)
    assert reply.open and not reply.right and reply.values is None
    assert "25" not in reply.text.replace("625", "")


def test_after_three_tries_the_number_is_told() -> None:
    assert SD.answer(30, 2).text.endswith("One more try.")
    last = SD.answer(30, 3)
    assert not last.open and not last.right and last.values == {"tau0": 25.0}
    assert "It is 25\N{NO-BREAK SPACE}ms. The sd is the root" in last.text


def test_the_other_sign_is_said() -> None:
    rho = Number("rho", "?", value=-0.39, reply="So.", tolerance=0.02, limits=(-1.0, 1.0))
    assert rho.asked()["signed"]
    assert rho.answer(0.5).text.startswith("It has the other sign.")
    assert rho.answer(-1.5).text.startswith("It cannot be below −1")
    assert rho.answer(-0.8).text.startswith("Much too low.")
    assert "It is −0.39." in rho.answer(0.8, 3).text


def test_zero_can_be_asked() -> None:
    zero = Number("zero", "?", value=0.0, reply="So.", tolerance=0.01)
    assert zero.answer(0.01).right
    assert zero.answer(-3.0).text.startswith("Much too low.")
    assert zero.answer(0.012).text.startswith("Too high.")


def test_mistakes_that_cannot_be_told_apart_are_refused() -> None:
    near = (Mistake(25.9, "near", ""), Mistake(40.0, "one", ""), Mistake(40.5, "same", ""))
    assert [m.name for m in apart(25.0, near, 0.5)] == ["one"]
    with pytest.raises(ValueError, match="too near"):
        Number("sd", "?", value=25.0, reply="", tolerance=0.5, mistakes=near)


def test_a_small_mistake_can_be_told_from_zero() -> None:
    swapped = Mistake(0.05, "swapped", "Swapped.", tolerance=0.02)
    week = Number("week", "?", value=3.43, reply="So.", tolerance=0.1, mistakes=(swapped,))
    assert week.answer(0.05).misconception == week.answer(0.07).misconception == "swapped"
    assert week.answer(0.0).open and week.answer(0.0).text.startswith("Much too low.")


def test_per_cents_without_their_sign_get_a_hint() -> None:
    share = Number("share", "?", value=0.16, reply="So.", tolerance=0.01, limits=(0.0, 1.0))
    hint = share.answer(16.0)
    assert hint.open and "If you mean 16\xa0%, write the sign, too." in hint.text
    assert "write the sign" not in share.answer(-1.0).text


def test_only_whole_numbers_may_have_commas_between_thousands() -> None:
    assert SD.asked()["whole"]
    assert not Number("rho", "?", value=0.4, reply="So.", tolerance=0.01).asked()["whole"]


def test_a_wrong_choice_has_the_name_of_its_belief() -> None:
    choices = (
        Choice("It grows", "No.", name="a reward"), Choice("It stays", "No."),
        Choice("It shrinks", "Yes.", right=True),
    )  # fmt: skip
    question = Predict("pull", "?", choices, {"sigma": 1.0})
    assert [question.answer(i).misconception for i in range(3)] == ["a reward", "It stays", ""]
    assert question.answer(2).values == {"sigma": 1.0}
    asked = json.dumps(question.asked())
    assert "Yes" not in asked and "reward" not in asked and "sigma" not in asked
