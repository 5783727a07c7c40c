"""The labs: one idea each, live in a notebook, as a figure, or as plain numbers."""

from lmmlab.labs import centring as _centring
from lmmlab.labs import clustering as _clustering
from lmmlab.labs import shrinkage as _shrinkage
from lmmlab.labs._lab import Lab

centring = Lab(_centring)
clustering = Lab(_clustering)
shrinkage = Lab(_shrinkage)

__all__ = ["centring", "clustering", "shrinkage"]
