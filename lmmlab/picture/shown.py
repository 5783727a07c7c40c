"""What a lab hands to its bench: what to show for some values, and answers to predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lmmlab.picture.control import Value
from lmmlab.picture.marks import Picture


@dataclass(frozen=True)
class TaskState:
    """How far a task of kind "do" is: reached or not, and what is still missing."""

    done: bool
    note: str = ""


@dataclass(frozen=True)
class Shown:
    """What a bench shows for some values.

    Parameters
    ----------
    picture : Picture
    words : tuple of str
        Sentences under the picture, marked as in `lmmlab.picture.words`.
    equation : str
        The model in one line, marked like words.
    message : str
        What is special about this state, or empty.
    line : str
        The one line of code that reproduces the state.
    tasks : tuple of TaskState
        One for each task of kind "do", in their order.
    notes : mapping
        Name of a control to what stands beside its slider (an estimate, say).
    headings : mapping
        Name of a group of controls to its heading, where the name itself is not the heading.
    values : mapping
        Values that were corrected; the bench moves its sliders there.
    """

    picture: Picture
    words: tuple[str, ...] = ()
    equation: str = ""
    message: str = ""
    line: str = ""
    tasks: tuple[TaskState, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The reply to a prediction.

    Parameters
    ----------
    right : bool
    text : str
        Why, or a hint.
    values : mapping or None
        Where the bench moves to show it; None moves nothing.
    open : bool
        Whether the question may be answered once more.
    misconception : str
        What a wrong answer believes, in a few words, where it is known.
    """

    right: bool
    text: str
    values: Mapping[str, Value] | None = None
    open: bool = False
    misconception: str = ""
