"""The bench: a lab on the screen. The only module of the labs that knows widgets.

One way for the data: the browser's values become frozen `Controls`, these a scene, the scene a
picture and words. The bench keeps nothing but the values of the sliders, and which of the
generated questions is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lmmlab.picture.control import Value
from lmmlab.picture.live import Answer, Live, Shown, TaskState
from lmmlab.teach.book import book
from lmmlab.teach.tasks import Do, Generated

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
            equation=lab.equation(scene),
            message=scene.message,
            line=lab.line(controls),
            notes=module.notes(scene),
            headings=module.headings(scene),
            tasks=tuple(
                TaskState(*task.check(controls, scene))
                for task in lab.tasks
                if isinstance(task, Do)
            ),
        )

    seeds = {task.name: 1 for task in lab.tasks if isinstance(task, Generated)}
    made = {task.name: task.make(1) if isinstance(task, Generated) else task for task in lab.tasks}

    def answer(name: str, given: Any, attempt: int) -> Answer:
        asked = made[name]
        assert not isinstance(asked, Do)  # which is not answered but reached
        reply = asked.answer(given, attempt)
        if reply.values is None:
            return reply
        first = {spec.name: spec.default for spec in lab.specs}
        return replace(reply, values=first | dict(reply.values))

    def again(name: str) -> dict[str, Any]:
        seeds[name] += 1
        (kind,) = (t for t in lab.tasks if t.name == name and isinstance(t, Generated))
        made[name] = kind.make(seeds[name])
        return made[name].asked()

    return Live(
        name=lab.name,
        title=lab.title,
        lead=lab.lead,
        controls=lab.specs,
        tasks=[task.asked() | {"again": name in seeds} for name, task in made.items()],
        show=show,
        answer=answer,
        again=again,
        book=book(),
        values=dict(values),
    )
