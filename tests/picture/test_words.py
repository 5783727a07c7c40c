"""Sentences lose nothing when they are cut into pieces, and nothing but marks when plain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmlab.picture.words import plain, spans

SENTENCE = "Driver 335 got [2.9 ms](person) a day; [τ₁](parameter:tau1) is [5.9](parameter:tau1)."


def test_a_sentence_is_cut_into_its_pieces():
    assert spans(SENTENCE) == [
        ("Driver 335 got ", ""),
        ("2.9 ms", "person"),
        (" a day; ", ""),
        ("τ₁", "parameter:tau1"),
        (" is ", ""),
        ("5.9", "parameter:tau1"),
        (".", ""),
    ]
    assert plain(SENTENCE) == "Driver 335 got 2.9 ms a day; τ₁ is 5.9."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "an interval [1.2, 3.4] (95 %)",
        "f(x)[0]",
        "[](",
        "[a](Not a role)",
        "[[]]",
    ],
)
def test_brackets_that_are_no_marks_stay(text):
    assert plain(text) == text
    assert "".join(piece for piece, _ in spans(text)) == text
    assert {role for _, role in spans(text)} <= {""}


def test_marks_side_by_side_and_inside_brackets():
    assert spans("[a](own)[b](model)") == [("a", "own"), ("b", "model")]
    assert plain("[about [2](person)]") == "[about 2]"


@given(st.text(alphabet="ab []():\n", max_size=40))
def test_the_pieces_together_are_the_plain_text(text):
    assert "".join(piece for piece, _ in spans(text)) == plain(text)
    assert all(piece for piece, role in spans(text) if not role)
