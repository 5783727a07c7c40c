"""What a linear mixed model has and a model of counts has not, with the sentence that says so."""

from __future__ import annotations

_NORMAL = "is defined for normal responses; this model is about counts. "
ABSENT = {
    "sigma": "A residual sd " + _NORMAL + "Chance follows from the mean here: see fit.fitted.",
    "reml": "REML " + _NORMAL + "This fit is by maximum likelihood.",
    "at": "Another theta with the best beta " + _NORMAL + "Fit the model to other data instead.",
    "profile": "Profile likelihood is there for linear mixed models alone. Use fit.test().",
    "bootstrap": "The bootstrap is there for linear mixed models alone. Use fit.simulate() and "
    "fit the model again.",
    "cross": "What was asked for " + _NORMAL + "fit.test() gives Wald tests.",
    "fitted_marginal": "What holds in a typical group is not what holds on average. "
    'Use fit.fitted_typical, or fit.predict(level="average").',
    "residual": "A residual structure " + _NORMAL + "Chance follows from the mean here.",
    "residual_intervals": "A residual structure " + _NORMAL + "Chance follows from the mean here.",
    "phi": "A residual structure " + _NORMAL + "Chance follows from the mean here.",
    "searched": "What was asked for " + _NORMAL + "See fit.theta.",
    "R": "A residual covariance " + _NORMAL + "Chance follows from the mean here.",
    "V": "What was asked for " + _NORMAL + "See fit.G, which is on the scale of the link.",
    "source": "What was asked for "
    + _NORMAL
    + "See what fit.test(), fit.predict() and compare() say.",
    "solution": "What was asked for " + _NORMAL + "fit.test() gives Wald tests.",
    "residuals": "Residuals of counts have different variances. Use fit.pearson, which divides "
    "each by its sd.",
}
