"""The command ``lmmlab check``: everything there, numbers right, pictures drawn.

For the student whose lesson does not work and the teacher who prepares forty machines: each
thing that is wrong gets a sentence that says what to do.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from io import BytesIO

from packaging.requirements import Requirement

from lmmlab.app import LESSONS, lessons_folder

# Reaction ~ Days + (Days | Subject) on sleepstudy by REML, lme4 1.1-31 in R 4.2.2: what is
# compared, its value, and how far two good optimisers may lie apart.
SLEEPSTUDY = {
    "REML criterion": (1743.628271958491, 1e-7),
    "intercept": (251.40510484848514, 1e-6),
    "change a day": (10.46728595959537, 1e-6),
    "residual SD": (25.591815626727694, 1e-3),
}


def check() -> int:
    """Report what is there; return 1 if anything is wrong, else 0."""
    print(f"Python {platform.python_version()} on {platform.system()}, lmmlab {version('lmmlab')}")
    wrong = []
    for part in (packages, lessons, numbers, pictures):
        try:
            wrong += part()
        except Exception as error:  # a broken part must not hide the others
            wrong.append(f"The check of {part.__name__} failed: {type(error).__name__}: {error}")
    print("\n".join(wrong) if wrong else "All is well.")
    return 1 if wrong else 0


def packages() -> Iterator[str]:
    """Compare installed versions with what lmmlab and its app require."""
    for text in requires("lmmlab") or ():
        need = Requirement(text)
        if need.marker and not need.marker.evaluate({"extra": "app"}):
            continue
        try:
            found = version(need.name)
        except PackageNotFoundError:
            yield f'{need.name} is not installed. Run: python -m pip install "lmmlab[app]"'
            continue
        print(f"  {need.name} {found}")
        if not need.specifier.contains(found, prereleases=True):
            yield f"{need.name} {found} is too old. Run: python -m pip install -U {need.name}"


def lessons() -> Iterator[str]:
    """Look for each lesson of the list."""
    folder = lessons_folder()
    for name in LESSONS:
        if not (folder / f"{name}.ipynb").exists():
            yield f"Lesson {name} is missing in {folder}. Install lmmlab again."


def numbers() -> Iterator[str]:
    """Fit sleepstudy and compare with lme4."""
    from lmmlab import lmm, load

    fit = lmm("Reaction ~ Days + (Days | Subject)", load("sleepstudy"))
    found = dict(zip(SLEEPSTUDY, (fit.deviance, *fit.beta, fit.sigma), strict=True))
    for name, (expected, tolerance) in SLEEPSTUDY.items():
        print(f"  sleepstudy, {name}: {found[name]:.4f} (lme4: {expected:.4f})")
        if not abs(found[name] - expected) <= tolerance:
            yield (
                f"The {name} of sleepstudy is {found[name]:.6f} and should be {expected:.6f}. "
                "NumPy or SciPy may be broken: install them again, without other channels."
            )


def pictures() -> Iterator[str]:
    """Draw the picture of a lab without a screen."""
    from lmmlab import labs

    drawing = BytesIO()
    labs.shrinkage.figure().savefig(drawing, format="png")
    size = len(drawing.getvalue())
    print(f"  picture of a lab: {size // 1000} kB")
    if size < 5_000:
        yield "The picture of a lab is empty. Install matplotlib again."
