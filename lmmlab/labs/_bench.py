"""The bench: a lab on the screen. The only module of the labs that knows widgets.

One way for the data: the browser's values become frozen `Controls`, these a scene, the scene a
picture and words. The bench keeps nothing but the values of the sliders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lmmlab.labs._lab import Predict
from lmmlab.picture.control import Value
from lmmlab.picture.live import Answer, Live, Shown, TaskState

if TYPE_CHECKING:
    from lmmlab.labs._lab import Lab


def bench(lab: Lab, values: Mapping[str, Value]) -> Live:
    """Show a lab live, with its sliders at `values`."""
    module = lab.module

    def show(now: Mapping[str, Value]) -> Shown:
        controls = lab.controls(**now)
        scene = module.scene(controls)
        return Shown(
            picture=module.picture(scene),
            words=module.words(scene),
            message=scene.message,
            line=lab.line(controls),
            notes=module.notes(scene),
            headings=module.headings(scene),
            tasks=tuple(
                TaskState(*task.check(controls, scene))
                for task in lab.tasks
                if not isinstance(task, Predict)
            ),
        )

    def answer(name: str, choice: int) -> Answer:
        task = next(t for t in lab.tasks if t.name == name and isinstance(t, Predict))
        chosen = task.choices[choice]
        first = {spec.name: spec.default for spec in lab.specs}
        return Answer(chosen.right, chosen.reply, first | dict(task.then))

    return Live(
        name=lab.name,
        title=lab.title,
        lead=lab.lead,
        equation=lab.equation,
        controls=lab.specs,
        tasks=[_asked(task) for task in lab.tasks],
        show=show,
        answer=answer,
        values=dict(values),
    )


def _asked(task: Any) -> dict[str, Any]:
    """Say what is asked, without what is answered: nothing is revealed before a commitment."""
    kind = "predict" if isinstance(task, Predict) else "do"
    asked = {"id": task.name, "kind": kind, "text": task.text}
    asked["title"] = "Predict first" if kind == "predict" else "Try"
    if kind == "predict":
        asked["choices"] = [choice.text for choice in task.choices]
    return asked
