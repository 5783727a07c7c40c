"""A lab is five things: controls, a scene, a picture of it, words about it, and tasks.

Each lab's file defines them as plain functions of frozen values. `Lab` puts them behind one name,
so that ``labs.shrinkage()`` is the live bench and ``labs.shrinkage.scene(sigma=40)`` the same
numbers without a picture. Nothing here knows widgets or matplotlib; both are imported when a
bench or a figure is asked for.
"""

from __future__ import annotations

import base64
import difflib
import html
import io
import os
from dataclasses import dataclass, field, fields
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from lmmlab.engine.design import LMMError
from lmmlab.picture.control import Control, Value, checked
from lmmlab.picture.words import plain
from lmmlab.teach.tasks import Choice, Do, Generated, Mistake, Number, Predict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Choice", "Do", "Generated", "Lab", "Mistake", "Number", "Predict", "Still", "control",
]  # fmt: skip


def control(default: Value, label: str, **about: Any) -> Any:
    """Make a field of a lab's `Controls` that carries what a slider must know (see `Control`)."""
    return field(default=default, metadata={"label": label, **about})


@dataclass(frozen=True)
class Still:
    """A lab as it stands in a page without a kernel: its figure and its words."""

    light: str
    dark: str
    words: str

    def _repr_html_(self) -> str:
        alt = html.escape(self.words, quote=True)
        return (
            '<picture><source media="(prefers-color-scheme: dark)" '
            f'srcset="data:image/svg+xml;base64,{self.dark}">'
            f'<img style="max-width:100%" alt="{alt}" '
            f'src="data:image/svg+xml;base64,{self.light}"></picture>'
        )

    def __repr__(self) -> str:
        return self.words


class Lab:
    """One idea that can be moved: call it for the live bench.

    Parameters
    ----------
    module : module
        A lab's file. It defines ``TITLE``, ``LEAD``, ``EQUATION``, ``Controls``, ``scene``,
        ``picture``, ``words``, ``notes``, ``headings`` and ``TASKS``; where the equation depends
        on the state, a function ``equation`` of the scene in place of ``EQUATION``.
    """

    def __init__(self, module: ModuleType) -> None:
        self.name = module.__name__.rpartition(".")[2]
        self.title: str = module.TITLE
        self.lead: str = module.LEAD
        self.tasks: tuple[Predict | Number | Generated | Do, ...] = module.TASKS
        self.__doc__ = module.__doc__
        self.module = module
        self.specs = tuple(
            Control(name=f.name, default=cast(Value, f.default), **f.metadata)
            for f in fields(module.Controls)
        )

    def __repr__(self) -> str:
        return f"<lab {self.name}: {self.title}>"

    def __call__(self, **values: Value) -> Any:
        """Show the lab: controls and linked pictures that move together.

        Parameters
        ----------
        **values
            Where the sliders stand at the start.

        Returns
        -------
        Live or Still
            The bench; with the environment variable ``LMMLAB_STATIC=1`` the figure and its words.

        Raises
        ------
        LMMError
            If a name is not a control of this lab, or a value is out of its range.
        """
        if os.environ.get("LMMLAB_STATIC") == "1":
            return self._still(self.scene(**values))
        self.controls(**values)
        from lmmlab.labs._bench import bench

        return bench(self, values)

    def controls(self, **values: Value) -> Any:
        """Check values against their ranges and give the lab's frozen `Controls`."""
        specs = {spec.name: spec for spec in self.specs}
        for name in values:
            if name not in specs:
                near = difflib.get_close_matches(name, specs, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(specs)}."
                raise LMMError(f"The lab {self.name!r} has no control {name!r}; {hint}")
        taken = {name: checked(specs[name], value) for name, value in values.items()}
        return self.module.Controls(**taken)

    def scene(self, **values: Value) -> Any:
        """Give the numbers behind the picture, without the picture."""
        return self.module.scene(self.controls(**values))

    def picture(self, **values: Value) -> Any:
        """Give the picture as a value (see `lmmlab.picture.marks`)."""
        return self.module.picture(self.scene(**values))

    def words(self, **values: Value) -> tuple[str, ...]:
        """Give the sentences under the picture, as plain text."""
        return self._plain_words(self.scene(**values))

    def equation(self, scene: Any) -> str:
        """Give the model in one line; ``[text](role)`` carries a colour."""
        depends = getattr(self.module, "equation", None)
        said: str = depends(scene) if depends else self.module.EQUATION
        return said

    def figure(self, theme: str = "light", **values: Value) -> Figure:
        """Draw the same picture with matplotlib: for print, slides and saved pages.

        Parameters
        ----------
        theme : {"light", "dark"}
        **values
            Values of the controls; those not given stand at their defaults.
        """
        return self._figure(self.scene(**values), theme)

    def line(self, controls: Any) -> str:
        """Give the one line of code that shows these controls again."""
        changed = (
            f"{f.name}={getattr(controls, f.name)!r}"
            for f in fields(controls)
            if getattr(controls, f.name) != f.default
        )
        return f"labs.{self.name}({', '.join(changed)})"

    def _plain_words(self, scene: Any) -> tuple[str, ...]:
        return tuple(map(plain, self.module.words(scene)))

    def _figure(self, scene: Any, theme: str) -> Figure:
        from lmmlab.picture.static import figure

        picture, words = self.module.picture(scene), self.module.words(scene)
        return figure(picture, theme=theme, title=self.title, words=words)

    def _still(self, scene: Any) -> Still:
        def svg(theme: str) -> str:
            file = io.BytesIO()
            self._figure(scene, theme).savefig(file, format="svg")
            return base64.b64encode(file.getvalue()).decode()

        return Still(svg("light"), svg("dark"), " ".join(self._plain_words(scene)))
