"""What every lab has: values that are checked, a still, a bench that shows the pure picture."""

import subprocess
import sys
from pathlib import Path

import pytest

from lmmlab import LMMError, labs
from lmmlab.picture.pack import pack
from lmmlab.picture.words import spans

LABS = [getattr(labs, name) for name in labs.__all__]
each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


@pytest.mark.parametrize(
    ("module", "ask"),
    [
        ("lmmlab", "lmmlab.labs"),
        ("lmmlab.labs", "lmmlab.labs.shrinkage.words()"),
        ("lmmlab.labs", "lmmlab.labs.shrinkage.picture(source='simulated')"),
        ("lmmlab.model.fit", "lmmlab.model.fit.fit"),
        ("lmmlab.study.batch", "lmmlab.study.batch.batch"),
    ],
)
def test_scenes_need_no_widgets_tables_or_drawing(module, ask):
    code = (
        f"import sys, {module}; {ask}; heavy = {{'pandas', 'matplotlib', 'ipywidgets', "
        "'anywidget', 'scipy.stats'}; sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_folder_is_a_lab_and_is_listed():
    folders = {path.parent.name for path in Path(labs.__file__).parent.glob("[a-z]*/__init__.py")}
    assert folders == set(labs.__all__) == set(dir(labs)) == set(labs.__annotations__)


def test_a_lab_is_imported_when_it_is_asked_for_and_keeps_its_name():
    code = (
        "import sys; from lmmlab import labs; there = lambda: "
        "{n.split('.')[2] for n in sys.modules if n.startswith('lmmlab.labs.')} & {*labs.__all__}\n"
        "print(*there()); print(labs.fan.name, *there())\n"
        "import lmmlab.labs.levels.scene\n"
        "print(labs.levels, labs.levels is labs.levels, *there())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    nothing, first, second = done.stdout.splitlines()
    assert (nothing, first) == ("", "fan fan")
    assert second.startswith("<lab levels: ")
    assert second.endswith((" True fan levels", " True levels fan"))


def test_who_asks_for_another_lab_hears_which_there_are():
    with pytest.raises(AttributeError, match="no lab 'fans'; there are averaging, blueprint,"):
        labs.fans  # noqa: B018


@each_lab
def test_values_are_checked_before_anything_is_computed(lab):
    number = next(s for s in lab.specs if isinstance(s.default, float))
    choice = next(s for s in lab.specs if s.choices)
    for wrong, said in (
        ({number.name + "x": 1.0}, f"did you mean '{number.name}'"),
        ({number.name: number.high + 1}, f"from {number.low:g} to {number.high:g}"),
        ({number.name: float("nan")}, "must be a number"),
        ({number.name: "wide"}, "must be a number"),
        ({choice.name: "nonsense"}, "must be one of"),
    ):
        with pytest.raises(LMMError, match=said):
            lab.scene(**wrong)
        with pytest.raises(LMMError, match=said):
            lab(**wrong)


@each_lab
@pytest.mark.parametrize("person", ["9" * 5000, "-1", "²", "0"])
def test_whom_there_is_not_cannot_be_in_colour(lab, person):
    """A link may say anything: Python refuses to read a number of more than 4,300 digits."""
    assert lab.scene(person=person).who == lab.scene().who


@each_lab
def test_the_line_of_code_reproduces_the_state(lab):
    name = next(s.name for s in lab.specs if isinstance(s.default, float))
    controls = lab.controls(**{name: 1.5})
    assert lab.line(lab.controls()) == f"labs.{lab.name}()"
    assert lab.line(controls) == f"labs.{lab.name}({name}=1.5)"
    again = eval(lab.line(controls), {"labs": labs})
    assert getattr(again, name) == 1.5


@each_lab
def test_a_still_takes_the_place_of_the_bench(lab, monkeypatch):
    monkeypatch.setenv("LMMLAB_STATIC", "1")
    made, scene = [], lab.module.scene
    monkeypatch.setattr(lab.module, "scene", lambda c: made.append(c) or scene(c))
    still = lab()
    assert len(made) == 1, "the numbers are computed once for both figures and the words"
    assert repr(still) == " ".join(lab.words())
    page = still._repr_html_()
    assert page.count("data:image/svg+xml;base64,") == 2
    assert "alt=" in page
    with pytest.raises(LMMError):
        lab(nonsense=1)


@each_lab
def test_the_bench_shows_the_pure_picture(lab):
    """Move each slider in code; frame and words are those of the pure functions."""
    bench = lab()
    state = {}
    for spec in lab.specs:
        if spec.hidden or spec.choices:
            continue
        state[spec.name] = type(spec.default)(spec.low + (spec.high - spec.low) * 0.37)
        setattr(bench, spec.name, state[spec.name])
        shown = bench._whole()
        assert shown["frame"] == pack(lab.picture(**state)), spec.name
        words = [spans(sentence) for sentence in lab.module.words(lab.scene(**state))]
        assert shown["words"] == words
        assert shown["line"] == lab.line(lab.controls(**state))


@pytest.mark.parametrize("lab", [lab for lab in LABS if lab.tasks], ids=lambda lab: lab.name)
def test_a_commitment_goes_back_to_the_defaults_and_from_there_to_its_state(lab):
    bench = lab()
    task = next(t for t in lab.tasks if hasattr(t, "choices"))
    moved = next(s for s in lab.specs if not isinstance(s.default, str) and s.name not in task.then)
    setattr(bench, moved.name, moved.high)
    assert moved.high != moved.default
    bench._heard(bench, {"n": 1, "task": task.name, "choice": 0}, [])
    assert {s.name: getattr(bench, s.name) for s in lab.specs} == {
        s.name: s.default for s in lab.specs
    } | dict(task.then)
    assert bench._whole()["answers"][task.name]["text"] == task.choices[0].reply
