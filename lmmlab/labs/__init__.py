"""The labs: one idea each, live in a notebook, as a figure, or as plain numbers."""

from lmmlab.labs import averaging as _averaging
from lmmlab.labs import centring as _centring
from lmmlab.labs import clustering as _clustering
from lmmlab.labs import fan as _fan
from lmmlab.labs import generalise as _generalise
from lmmlab.labs import levels as _levels
from lmmlab.labs import overconfidence as _overconfidence
from lmmlab.labs import shrinkage as _shrinkage
from lmmlab.labs import trajectories as _trajectories
from lmmlab.labs._lab import Lab

averaging = Lab(_averaging)
centring = Lab(_centring)
clustering = Lab(_clustering)
fan = Lab(_fan)
generalise = Lab(_generalise)
levels = Lab(_levels)
overconfidence = Lab(_overconfidence)
shrinkage = Lab(_shrinkage)
trajectories = Lab(_trajectories)

__all__ = [
    "averaging", "centring", "clustering", "fan", "generalise", "levels", "overconfidence", "shrinkage",
    "trajectories",
]  # fmt: skip
