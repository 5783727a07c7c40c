"""How long a lab takes from a moved slider to the message that goes to the browser.

Run with ``pytest tests/benchmarks/test_labs.py --benchmark-only``. Every registered lab is here by
itself. The choices and the slider that are slowest to drag are looked for first, with people and
visits as they stand at the start. Then this slider is dragged again and again, each time
over values that it has not had before, so that no cache helps more than it would a student. A time
is the mean over the states of one drag, of the best drag of many, in ms.
"""

import itertools
import json
import time
from dataclasses import asdict
from functools import cache
from statistics import mean

import pytest

from lmmlab import labs

STEPS = 12  # of one drag
COVERAGE = {"overconfidence", "generalise"}  # a thousand studies in each state, ten states a second
REFERENCE = 35  # ms of a statsmodels fit on the machine for which the limits are meant
LABS = [getattr(labs, name) for name in labs.__all__]
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


def is_shown(spec, state):
    """Tell whether a control is on the screen."""
    name, _, values = spec.shown.partition("=")
    return not spec.hidden and (not name or state[name] in values.split("|"))


def drags(lab, state, *sliders):
    """Drag sliders again and again: the controls of each drag, never the same values."""
    for k in itertools.count():
        at = [(step + k * 0.618034 % 1) / STEPS for step in range(STEPS)]
        moved = [{s.name: s.low + (s.high - s.low) * part for s in sliders} for part in at]
        yield [lab.module.Controls(**state | values) for values in moved]


def cost(lab, state, *sliders):
    """Time some drags and give the best one."""
    times = []
    for all_controls in itertools.islice(drags(lab, state, *sliders), 3):
        start = time.perf_counter()
        for controls in all_controls:
            lab.module.picture(lab.module.scene(controls))
        times.append(time.perf_counter() - start)
    return min(times)


@cache
def slowest(lab):
    """Find the state and the slider of a lab that are slowest to drag.

    One choice after the other is set to what makes all sliders together slowest.
    """

    def sliders(state):
        return [s for s in lab.specs if isinstance(s.default, float) and is_shown(s, state)]

    state = {spec.name: spec.default for spec in lab.specs}
    for spec in (spec for spec in lab.specs if spec.choices):
        if is_shown(spec, state):
            sets = [spec.sets.get(name, {}) | {spec.name: name} for name, _ in spec.choices]
            states = [state | values for values in sets if sliders(state | values)]
            state = max(states, key=lambda one: cost(lab, one, *sliders(one)))
    return state, max(sliders(state), key=lambda slider: cost(lab, state, slider))


def slowest_drags(lab):
    """Give the drags of a lab's slowest slider, and say which it is."""
    state, slider = slowest(lab)
    choices = {spec.name: spec.default for spec in lab.specs if spec.choices}
    changed = [f"{n}={state[n]}" for n, default in choices.items() if state[n] != default]
    return drags(lab, state, slider), " ".join([slider.name, *changed])


def assert_quick(benchmark, limit, reference):
    """Compare with a fit by statsmodels in the same run, so that a slow machine fails nothing."""
    assert 1e3 * benchmark.stats.stats.min / STEPS < limit * reference / REFERENCE


@each_lab
def test_scene(benchmark, beside, statsmodels_ms, lab):
    made, what = slowest_drags(lab)

    def drag(all_controls):
        for controls in all_controls:
            lab.module.scene(controls)

    limit = 100 if lab.name in COVERAGE else 8
    benchmark.pedantic(drag, setup=lambda: ((next(made),), {}), rounds=20)
    beside(limit, each=STEPS, dragging=what)
    assert_quick(benchmark, limit, statsmodels_ms)


@each_lab
def test_picture(benchmark, beside, statsmodels_ms, lab):
    made, what = slowest_drags(lab)

    def drag(scenes):
        for scene in scenes:
            lab.module.picture(scene)

    benchmark.pedantic(drag, setup=lambda: (([*map(lab.module.scene, next(made))],), {}), rounds=20)
    beside(4, each=STEPS, dragging=what)
    assert_quick(benchmark, 4, statsmodels_ms)


@each_lab
def test_message(benchmark, beside, statsmodels_ms, lab, monkeypatch):
    """All but scene and picture: from values that arrive to the message, packed and as JSON."""
    made, what = slowest_drags(lab)
    bench, sizes, scenes, pictures = lab(**asdict(next(made)[0])), [], {}, {}
    to_scene, to_picture = lab.module.scene, lab.module.picture
    monkeypatch.setattr(lab.module, "scene", scenes.__getitem__)
    monkeypatch.setattr(lab.module, "picture", pictures.__getitem__)
    bench.send = lambda content, frames: sizes.append(
        len(json.dumps(content).encode()) + sum(map(len, frames))
    )

    def prepare():
        all_controls = next(made)
        scenes.update({controls: to_scene(controls) for controls in all_controls})
        pictures.update({scene: to_picture(scene) for scene in scenes.values()})
        return ([{"n": 1, "v": asdict(controls)} for controls in all_controls],), {}

    def drag(messages):
        for message in messages:
            bench._heard(None, message, None)

    benchmark.pedantic(drag, setup=prepare, rounds=20)
    beside(4, each=STEPS, dragging=what, bytes=round(mean(sizes)))
    assert len(sizes) == 20 * STEPS
    assert_quick(benchmark, 4, statsmodels_ms)
