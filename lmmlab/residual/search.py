"""Find the residual structure's parameters phi, and theta with them, at the least criterion.

At each phi the rows are made independent and the ordinary fit is done. Its criterion, theta at its
best, is what is minimised over phi, by a quasi-Newton search (Broyden, Fletcher, Goldfarb and
Shanno).
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Design, Floats, LMMError
from lmmlab.engine.newton import Path
from lmmlab.residual.place import Place, place
from lmmlab.residual.slopes import NEAR, bends, slopes
from lmmlab.residual.structure import structure

_STEPS = 100
_TRIALS = 30
_ENOUGH = 1e-11  # of the criterion; when less is to be gained, one more step ends the search
_LONGEST = 1.0  # of a step in each coordinate, at the start; further away it may be longer
_EDGE = 1e-7  # how near the edge of what can be the search goes
_DOWN = 1e-4  # the least share of what was promised that a step must gain
_ROUNDING = 1e-13  # of the criterion, relatively
_BLUR = 2e-15  # of the criterion, relatively, in a difference


def search(design: Design, reml: bool) -> tuple[Place, Path]:
    """Walk to the smallest criterion.

    Returns
    -------
    Place
    Path
        theta, phi and criterion at each step.
    """
    walks = [_walk(design, start, reml) for start in structure(design).starts]
    return min(walks, key=lambda walk: walk[0].value)


def _walk(design: Design, start: Floats, reml: bool) -> tuple[Place, Path]:
    """Walk downhill from one place."""
    here = place(design, start, reml)
    slope, bend = slopes(design, here), bends(design, here)
    inverse = np.diag(1.0 / np.maximum(np.abs(bend), 1e-3 * np.abs(bend).max() + 1e-10))
    walked = [here]
    for _ in range(_STEPS):
        move = -inverse @ slope
        longest = _LONGEST * (1.0 + np.abs(here.phi - start))
        move *= min(1.0, float((longest / np.maximum(np.abs(move), 1e-300)).min()))
        gain = -float(slope @ move)
        ahead = _shorter(design, here, move, gain)
        if ahead is None:
            break
        walked.append(ahead)
        before, here = slope, ahead
        noise = _BLUR * abs(here.value) / NEAR * float(np.abs(move).sum())
        if gain < max(_ENOUGH, noise) or _edge(design, here.phi) < _EDGE:
            break
        slope = slopes(design, here)
        inverse = _updated(inverse, here.phi - walked[-2].phi, slope - before)
    return here, Path(
        np.array([one.theta for one in walked]),
        np.array([one.value for one in walked]),
        np.array([one.phi for one in walked]),
    )


def _shorter(design: Design, here: Place, move: Floats, gain: float) -> Place | None:
    """Make a step, or as much of it as goes down; None where nothing does."""
    slack, share = _ROUNDING * abs(here.value), 1.0
    for _ in range(_TRIALS):
        try:
            phi = here.phi + share * move
            if _edge(design, phi) < 0.1 * _EDGE:
                raise LMMError("The structure is too near a singular one.")
            ahead = place(design, phi, here.at.reml, here.theta)
            if ahead.value <= here.value - _DOWN * share * gain + slack:
                return ahead
        except (LMMError, np.linalg.LinAlgError):  # too near a singular structure
            pass
        share *= 0.3
    return None


def _edge(design: Design, phi: Floats) -> float:
    """Tell how far the structure is from what cannot be."""
    return min(structure(design).edges(phi))


def _updated(inverse: Floats, step: Floats, turn: Floats) -> Floats:
    """Let the inverse curvature agree with how the slope has changed over the last step."""
    along = float(step @ turn)
    if along <= 1e-12 * np.linalg.norm(step) * np.linalg.norm(turn):
        return inverse
    left = np.eye(len(step)) - np.outer(step, turn) / along
    return np.asarray(left @ inverse @ left.T + np.outer(step, step) / along)
