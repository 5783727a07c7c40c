"""Implied covariance: how alike the model makes any two visits of one person.

A mixed model says more than a line for each person. It says how every two visits of one person
vary together, and this table of numbers, V, is what the fit is about. The lab builds it in layers
(own starts, own slopes, noise), takes any cell of it apart into its terms, and puts the
correlations that follow beside those of a fitted model, or of the people themselves.
"""

from lmmlab.labs.implied_covariance.controls import Controls
from lmmlab.labs.implied_covariance.picture import picture
from lmmlab.labs.implied_covariance.scene import Scene, scene
from lmmlab.labs.implied_covariance.tasks import TASKS
from lmmlab.labs.implied_covariance.words import headings, notes, words

TITLE = "How alike are two visits?"
LEAD = "Point at a cell: what makes these two visits of one person resemble each other?"
EQUATION = (
    "covariance of the visits at times s and t:  [τ₀²](parameter:tau0) + (s + t) · "
    "[τ₀₁](parameter:rho) + s t · [τ₁²](parameter:tau1), with "
    "[τ₀₁ = ρτ₀τ₁](parameter:rho);  on the diagonal also + [σ²](parameter:sigma)"
)

__all__ = [
    "EQUATION", "LEAD", "TASKS", "TITLE", "Controls", "Scene",
    "headings", "notes", "picture", "scene", "words",
]  # fmt: skip
