"""The labs: one idea each, live in a notebook, as a figure, or as plain numbers."""

from lmmlab.labs import averaging as _averaging
from lmmlab.labs import blueprint as _blueprint
from lmmlab.labs import centring as _centring
from lmmlab.labs import clustering as _clustering
from lmmlab.labs import crossing as _crossing
from lmmlab.labs import fan as _fan
from lmmlab.labs import generalise as _generalise
from lmmlab.labs import implied_covariance as _implied_covariance
from lmmlab.labs import levels as _levels
from lmmlab.labs import nesting as _nesting
from lmmlab.labs import overconfidence as _overconfidence
from lmmlab.labs import playground as _playground
from lmmlab.labs import residuals as _residuals
from lmmlab.labs import shrinkage as _shrinkage
from lmmlab.labs import trajectories as _trajectories
from lmmlab.labs._lab import Lab

averaging = Lab(_averaging)
blueprint = Lab(_blueprint)
centring = Lab(_centring)
clustering = Lab(_clustering)
crossing = Lab(_crossing)
fan = Lab(_fan)
generalise = Lab(_generalise)
implied_covariance = Lab(_implied_covariance)
levels = Lab(_levels)
nesting = Lab(_nesting)
overconfidence = Lab(_overconfidence)
playground = Lab(_playground)
residuals = Lab(_residuals)
shrinkage = Lab(_shrinkage)
trajectories = Lab(_trajectories)

__all__ = [
    "averaging", "blueprint", "centring", "clustering", "crossing", "fan", "generalise",
    "implied_covariance", "levels", "nesting", "overconfidence", "playground", "residuals",
    "shrinkage", "trajectories",
]  # fmt: skip
