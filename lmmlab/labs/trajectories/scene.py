"""The numbers of the trajectories lab: people, who goes the other way, and three models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from lmmlab.classical import no_pooling
from lmmlab.engine.design import Floats
from lmmlab.labs import _people
from lmmlab.labs._people import People, columns
from lmmlab.labs.trajectories import crowd
from lmmlab.labs.trajectories.answers import Answer, answers
from lmmlab.labs.trajectories.controls import Controls
from lmmlab.labs.trajectories.nature import Nature
from lmmlab.labs.trajectories.remarks import remarks
from lmmlab.labs.trajectories.stories import STORIES, Story
from lmmlab.meaning.implied import implied, line_variance

MOST = 1e-9  # a slope nearer to 0 than this share of the steepest does not rise or fall


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that the picture and the words tell.

    Lines are arrays of start and change (a week, a month, a day).

    Attributes
    ----------
    nature : the truth, or None for real people.
    lines : (J, 2), the true lines; of real people their own least-squares lines.
    average, G : the true average line and covariance of lines; of real people as estimated by the
        model with own slopes.
    answers : what each model says, by its name; None where it cannot be fitted.
    against : share of such people whose slope has the other sign than the average; None if
        nobody changes on average.
    count : how many of these people do.
    times, sd : points of time, and the sd of people's lines there.
    conditional, marginal : at these times, the line of the average person, and the average over
        the lines of all people.
    true_se : sd of the estimated average change over studies with new people, or None.
    """

    controls: Controls
    story: Story
    nature: Nature | None
    people: People
    who: str
    index: int
    lines: Floats
    average: Floats
    G: Floats
    answers: dict[str, Answer | None]
    against: float | None
    count: int
    times: Floats
    sd: Floats
    conditional: Floats
    marginal: Floats
    true_se: float | None
    message: str

    @property
    def answer(self) -> Answer | None:
        """What the chosen model says."""
        return self.answers[self.controls.fit]

    @property
    def name(self) -> str:
        """What to call the person in colour."""
        return f"{self.story.one} {self.who}"

    @property
    def tau(self) -> Floats:
        """Spread of starts and of changes."""
        sd: Floats = np.sqrt(np.diag(self.G))
        return sd


def share_against(change: float, tau1: float) -> float | None:
    """Give the share of people whose slope has the other sign than the average one.

    Slopes are normal with mean `change` and sd `tau1`. None if the average does not change: then
    there is no other way.

    Examples
    --------
    >>> round(share_against(-0.7, 0.35), 3), share_against(-0.7, 0.0), share_against(0.0, 1.0)
    (0.023, 0.0, None)
    """
    if change == 0.0:
        return None
    return float(ndtr(-abs(change) / tau1)) if tau1 > 0.0 else 0.0


def scene(controls: Controls) -> Scene:
    """Compute everything that the lab shows."""
    c = controls
    story, nature = STORIES[c.source], c.nature
    people, who = _crowd(c, story, nature)
    said = answers(people)
    if nature is not None and people.truth is not None:
        lines, average, G = people.truth, nature.average, nature.G
    else:
        model = said["lines"]
        assert model is not None and model.G is not None, "the sleep study suffices"
        lines, average, G = no_pooling(people.design()), model.average, model.G
    # the average slope decides what "the other way" is
    other = -np.sign(average[1]) * lines[:, 1]
    Z = columns(np.arange(story.length + 1.0))
    return Scene(
        controls=c,
        story=story,
        nature=nature,
        people=people,
        who=who,
        index=people.levels.index(who),
        lines=lines,
        average=average,
        G=G,
        answers=said,
        against=share_against(float(average[1]), float(np.sqrt(G[1, 1]))),
        count=int((other > MOST * np.abs(lines[:, 1]).max()).sum()),
        times=Z[:, 1],
        sd=np.sqrt(np.maximum(line_variance(G, Z), 0.0)),
        conditional=Z @ average,
        marginal=(Z @ lines.T).mean(1),
        true_se=None if nature is None else _true_se(nature, people),
        message=" ".join(remarks(c, said, _off_scale(story, lines))),
    )


def _off_scale(story: Story, lines: Floats) -> bool:
    """Tell whether a line leaves the scale of what is measured."""
    ends = lines @ np.array([[1.0, 1.0], [0.0, story.length]])
    low, high = story.scale
    return bool(ends.min() < low or ends.max() > high)


def _crowd(c: Controls, story: Story, nature: Nature | None) -> tuple[People, str]:
    """Give the people, and the name of the one in colour."""
    if nature is None:
        return crowd.drivers(), c.person if c.person in _people.sleepers() else "335"
    asked = _people.numbered(c.person, c.people)
    who = crowd.upmost(c.seed, c.people) if asked is None else str(asked + 1)
    return crowd.simulated(c.seed, c.people, c.visits, story.length, nature), who


def _true_se(nature: Nature, people: People) -> float | None:
    """Give the sd of the average change over studies with new people, all at the same times."""
    visits = int(people.visits[0])
    if visits < 2:
        return None
    Z = columns(people.day[:visits])
    own = np.linalg.pinv(Z)
    error = own @ implied(nature.G, nature.sigma, Z) @ own.T
    return float(np.sqrt(max(error[1, 1], 0.0) / len(people.levels)))
