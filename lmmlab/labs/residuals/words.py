"""The words of the residuals lab: who is alike, what the fit says, and whether to believe it."""

from __future__ import annotations

from lmmlab.labs._effects import answer, verdict
from lmmlab.labs._numbers import corr, decimal, signed
from lmmlab.labs.residuals.scene import Scene, by_lag


def words(s: Scene) -> tuple[str, ...]:
    """Say what is now true, with the numbers in it; ``[text](role)`` carries a colour."""
    return (_of_the_visits(s), _of_the_change(s), verdict(s.said, 1), _of_the_fit(s))


def _of_the_visits(s: Scene) -> str:
    """Say how alike visits are, near and far, and how noisy."""
    c, story = s.controls, s.story
    fades, far = by_lag(s.corr), f"{len(s.times) - 1} {story.time}s apart"
    text = (
        f"Two visits of one person correlate [{corr(fades[0])}](truth) if they are one "
        f"{story.time} apart, and [{corr(fades[-1])}](truth) if they are {far}"
    )
    if c.ratio != 1.0:
        ends = [decimal(float(sd), 1) for sd in s.true.sds[[0, -1]]]
        text += (
            f"; the noise goes from [{ends[0]}](truth) to [{ends[1]}](truth)"
            f"\N{NO-BREAK SPACE}{story.unit}"
        )
    return f"{text}."


def _of_the_change(s: Scene) -> str:
    """Say what the change is estimated to be, and what it is."""
    what = f"average change over {len(s.times) - 1} {s.story.time}s"
    return answer(s.said, s.asked, what, s.story.unit, 1)


def _of_the_fit(s: Scene) -> str:
    """Say what the fit makes of the residuals, and of people."""
    c, told = s.controls, []
    if c.errors == "ar1":
        told.append(
            f"that neighbouring residuals correlate [{signed(s.found.phi)}](model) (truth "
            f"[{signed(c.phi)}](truth))"
        )
    elif c.errors == "variances":
        ends = [decimal(float(sd), 1) for sd in s.found.sds[[0, -1]]]
        told.append(f"that the noise goes from [{ends[0]}](model) to [{ends[1]}](model)")
    if c.fit == "starts":
        spread = decimal(s.found.tau0, 1)
        told.append(
            f"that people spread by [{spread}](model) (truth [{decimal(c.tau0, 1)}](truth))"
        )
    if c.errors == "independent":
        of = "the residuals" if c.fit == "starts" else "all rows"
        begin = f"The fit takes {of} as independent, with one sd"
        return f"{begin}; it says {told[0]}." if told else f"{begin}."
    return f"The fit says {' and '.join(told)}."


def equation(s: Scene) -> str:
    """Write the model out."""
    return (
        "row = [β₀](parameter:beta) + [β₁](parameter:beta)·t + [person, sd τ₀](parameter:tau0) + "
        "[residual, sd σ](parameter:sigma); the next is [φ](parameter:rho) times it, and news"
    )


def notes(s: Scene) -> dict[str, str]:
    """Say beside the sliders the unit, and the estimate."""
    c, unit, found = s.controls, s.story.unit, s.found
    told = {"visits": f"{s.story.time}s", "beta0": unit, "beta1": f"{unit} a {s.story.time}"}
    told["beta1"] += f"; estimate: {decimal(float(s.beta[1]), 2)}"
    spread = f"estimate: {decimal(found.tau0, 2)}" if c.fit == "starts" else "left out"
    told["tau0"] = f"{unit}; {spread}"
    told["sigma"] = f"{unit}; estimate: {decimal(float(found.sds[0]), 2)}"
    told["phi"] = f"estimate: {signed(found.phi)}" if c.errors == "ar1" else "taken as 0"
    ratio = float(found.sds[-1] / found.sds[0])
    told["ratio"] = f"estimate: {decimal(ratio, 2)}" if c.errors == "variances" else "taken as 1"
    return told


def headings(s: Scene) -> dict[str, str]:
    """Head the groups of controls."""
    return {"study": "The study", "nature": "How nature made the data", "fit": "What we fit"}
