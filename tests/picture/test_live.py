import asyncio
import json
import subprocess
import sys
from dataclasses import replace

import ipywidgets
import pytest
import traitlets

from lmmlab.picture.control import Control, nearest
from lmmlab.picture.live import Live, Shown
from lmmlab.picture.pack import axes, labels, pack, structure


def last(bench):
    """The newest reply and its buffers; there is exactly one."""
    (reply,), others = bench.replies()
    assert not others
    return reply


def test_the_state_alone_holds_the_first_picture(toy, toy_picture):
    state = toy().get_state()
    scene, about = state["_scene"], state["_about"]
    assert scene["frame"] == pack(toy_picture())
    assert scene["structure"] == structure(toy_picture())
    assert scene["axes"] == axes(toy_picture())
    assert scene["labels"] == labels(toy_picture())
    assert scene["words"][0] == [
        ("The spread is ", ""),
        ("24.7 ms", "parameter:tau0"),
        (".", ""),
    ]
    assert scene["chosen"] == "p3" and not scene["stale"]
    assert [c["name"] for c in about["controls"]][2:4] == ["tau0", "rho"]
    assert state["tau0"] == 24.7 and state["_esm"].count("export default") == 1
    json.dumps({k: v for k, v in scene.items() if k != "frame"})


def test_the_state_follows_the_bench(toy, toy_picture):
    bench = toy()
    bench.hear(v={"tau0": 40.0}, n=1)
    scene = bench.get_state()["_scene"]
    assert scene["frame"] == pack(toy_picture(tau0=40.0))
    assert scene["k"] == 1 and scene["n"] == 1


def test_a_move_is_answered_by_what_changed_and_nothing_is_echoed(toy, toy_picture):
    bench = toy()
    bench.hear(v={"tau0": 40.0}, n=1)
    told, buffers = last(bench)
    assert bytes(buffers[0]) == pack(toy_picture(tau0=40.0))
    assert set(told) == {"k", "n", "ms", "words", "line", "states"}
    assert (told["k"], told["n"]) == (1, 1) and bench.tau0 == 40.0
    bench.hear(v={"people": 19}, n=2)
    assert "structure" in last(bench)[0]
    bench.hear(v={"tau0": 40.0}, n=3)
    assert set(last(bench)[0]) == {"k", "n", "ms"}


def test_moves_that_wait_are_answered_once(toy):
    seen = []
    inner = toy()._show

    def show(values):
        seen.append(values["tau0"])
        return inner(values)

    async def drag():
        bench = toy(show=show)
        seen.clear()
        for n in range(1, 6):
            bench.hear(v={"tau0": 20.0 + n}, n=n)
        assert not bench.sent
        await asyncio.sleep(0.01)
        told, _ = last(bench)
        assert told["n"] == 5 and seen == [25.0]

    asyncio.run(drag())


def test_code_moves_the_bench(toy, toy_picture):
    bench = toy()
    bench.tau0 = 30  # a whole number is a number too
    (reply,), (update,) = bench.replies()
    assert update["state"] == {"tau0": 30.0}
    assert bytes(reply[1][0]) == pack(toy_picture(tau0=30.0))
    assert reply[0]["n"] == 0


def test_code_that_sets_several_values_in_a_loop_is_shown_once(toy):
    async def cell():
        bench = toy()
        bench.tau0, bench.rho = 30.0, 0.5
        await asyncio.sleep(0.01)
        custom, updates = bench.replies()
        assert len(custom) == 1 and len(updates) == 2

    asyncio.run(cell())


def test_a_linked_slider_moves_with_the_bench_and_moves_it(toy):
    bench = toy()
    slider = ipywidgets.FloatSlider(max=80.0)
    link = traitlets.link((bench, "tau0"), (slider, "value"))
    bench.hear(v={"tau0": 33.0}, n=1)
    assert slider.value == 33.0
    last(bench)
    slider.value = 12.0
    custom, updates = bench.replies()
    assert bench.tau0 == 12.0 and len(custom) == 1
    assert [u["state"] for u in updates] == [{"tau0": 12.0}]
    link.unlink()
    slider.close()


def test_values_that_nobody_can_take_are_refused_in_a_sentence(toy):
    bench = toy()
    for name, value, can in (
        ("tau0", 100, "tau0 must be a number from 0 to 80, not 100."),
        ("tau0", "wide", "tau0 must be a number from 0 to 80, not 'wide'."),
        ("tau0", float("nan"), "tau0 must be a number from 0 to 80, not nan."),
        ("people", 3.5, "people must be a whole number from 2 to 40, not 3.5."),
        ("source", "dreamt", "source must be one of 'sleep', 'made', not 'dreamt'."),
        ("person", 3, "person must be text, not 3."),
    ):
        with pytest.raises(traitlets.TraitError) as error:
            setattr(bench, name, value)
        assert str(error.value) == can
    assert not bench.sent and bench.tau0 == 24.7
    with pytest.raises(traitlets.TraitError, match="from 0 to 80"):
        toy(values={"tau0": 90.0})


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"v": {"tau0": 1.0}},
        {"n": "1"},
        {"n": 1, "v": {"nothing": 1, "tau0": "x", "rho": None, "source": ["sleep"], "person": {}}},
        {"n": 1, "v": {"tau0": float("nan"), "_about": {}, "layout": 1, "comm": None}},
        {"n": 1, "task": "nothing", "choice": 0},
        {"n": 1, "task": ["grow"], "choice": 0},
        {"n": 1, "task": "grow", "choice": 7},
        {"n": 1, "task": "grow", "choice": [0]},
        {"n": 1, "task": "zero", "choice": 0},
        {"n": 1, "v": [1, 2]},
        {"n": 1, "v": {"tau0": 10**400}},
        ["n"],
    ],
)
def test_messages_that_make_no_sense_change_nothing(toy, content):
    bench = toy()
    before = bench.get_state()["_scene"]
    data = {"method": "custom", "content": content}
    bench._handle_msg({"content": {"data": data}, "buffers": []})
    answered = isinstance(content, dict) and isinstance(content.get("n"), int)
    assert len(bench.replies()[0]) == answered  # a request is answered, whatever it says
    after = bench.get_state()["_scene"]
    assert {k: after[k] for k in before if k not in "kn"} == {
        k: before[k] for k in before if k not in "kn"
    }
    bench.hear(v={"tau0": 31.0}, n=2)
    assert bench.tau0 == 31.0


def test_values_of_the_browser_are_kept_in_range(toy):
    bench = toy()
    bench.hear(v={"tau0": 1e9, "people": 7.6, "rho": "-0.5"}, n=1)
    assert (bench.tau0, bench.people, bench.rho) == (80.0, 8, -0.5)
    assert type(bench.people) is int


def test_an_error_of_the_model_is_its_sentence_and_the_picture_stays(toy, toy_picture):
    bench = toy()
    bench.hear(v={"tau0": 66.0}, n=1)
    told, buffers = last(bench)
    assert told["stale"] and told["message"].startswith("At 66 the model has no answer")
    assert not buffers and "words" not in told
    assert bench.get_state()["_scene"]["frame"] == pack(toy_picture())
    bench.hear(v={"tau0": 20.0}, n=2)
    told, buffers = last(bench)
    assert told["stale"] is False and told["message"] == "" and len(buffers) == 1


def test_a_fault_of_the_lab_is_logged_and_not_shown(toy, caplog):
    bench = toy()
    with caplog.at_level("ERROR", logger=bench.log.name):
        bench.log.addHandler(caplog.handler)
        bench.hear(v={"tau0": 77.0}, n=1)
        bench.log.removeHandler(caplog.handler)
    told, _ = last(bench)
    assert told["stale"] and "fault of the lab" in told["message"]
    assert "secret" not in json.dumps(told) and "Traceback" not in json.dumps(told)
    assert "secret detail" in caplog.text


def test_a_bench_whose_first_state_is_an_error_opens(toy):
    bench = toy(values={"tau0": 66.0})
    scene = bench.get_state()["_scene"]
    assert scene["stale"] and scene["structure"] == [] and "66" in scene["message"]
    bench.hear(v={"tau0": 20.0}, n=1)
    assert last(bench)[0]["structure"]


def test_corrected_values_reach_trait_and_browser(toy):
    bench = toy()
    bench.hear(v={"source": "made"}, n=1)
    told, _ = last(bench)
    assert told["values"] == {"days": 5} and bench.days == 5
    bench.hear(v={"days": 3}, n=2)
    assert "values" not in last(bench)[0]
    bench.days = 9  # by code
    (reply,), _ = bench.replies()
    assert reply[0]["values"] == {"days": 5} and bench.days == 5


def test_a_correction_that_cannot_be_is_a_fault_and_not_half_a_picture(toy, toy_picture):
    inner = toy()._show
    bench = toy(show=lambda v: replace(inner(v), values={"rho": 7.0} if v["tau0"] > 60 else {}))
    bench.hear(v={"tau0": 70.0, "people": 7}, n=1)
    told, buffers = last(bench)
    assert told["stale"] and not buffers and "structure" not in told
    assert bench.get_state()["_scene"]["frame"] == pack(toy_picture())


def test_a_browser_that_missed_something_gets_everything(toy, toy_picture):
    bench = toy()
    bench.hear(v={"tau0": 40.0}, n=1)
    bench.replies()
    bench.hear(v={}, n=2, full=1)
    told, buffers = last(bench)
    assert told["whole"] and told["structure"] == structure(toy_picture())
    assert told["values"]["tau0"] == 40.0 and len(buffers) == 1
    bench.hear(v={"tau0": 66.0}, n=3, full=1)  # and the last good picture with an error
    told, buffers = last(bench)
    assert told["stale"] and bytes(buffers[0]) == pack(toy_picture(tau0=40.0))


def test_a_prediction_is_answered_once_and_moves_the_bench(toy):
    bench = toy()
    assert "reply" not in json.dumps(bench.get_state()["_about"])
    bench.hear(v={}, n=1, task="grow", choice=1)
    told, _ = last(bench)
    grow = {"choice": 1, "right": True, "text": "<b>reply 1</b>", "misconception": ""}
    assert told["answers"] == {"grow": grow | {"open": False, "tries": 1, "turn": 1}}
    assert told["values"] == {"tau0": 12.5} and bench.tau0 == 12.5
    bench.hear(v={"tau0": 20.0}, n=2, task="grow", choice=0)  # asked again, as after a lost reply
    told, _ = last(bench)
    assert "answers" not in told and bench.tau0 == 20.0
    assert bench.get_state()["_scene"]["answers"]["grow"]["choice"] == 1


def test_a_broken_answer_is_said_so(toy):
    def answer(task, choice, attempt):
        raise KeyError("secret")

    bench = toy(answer=answer)
    bench.hear(v={}, n=1, task="grow", choice=0)
    told, _ = last(bench)
    assert "fault of the lab" in told["answers"]["grow"]["text"]


def test_reset_goes_to_where_the_bench_started(toy):
    bench = toy(values={"tau0": 40.0})
    about = {c["name"]: c for c in bench.get_state()["_about"]["controls"]}
    assert about["tau0"]["default"] == 40.0 and about["people"]["whole"]


@pytest.mark.parametrize("name", ["theme", "token", "layout", "send", "_about", "comm"])
def test_names_that_the_bench_needs_are_refused(toy, name):
    with pytest.raises(ValueError, match=f"cannot be called '{name}'"):
        toy(controls=(Control(name, 1.0, "x"),))


def test_a_closed_bench_is_silent(toy):
    async def close():
        bench = toy()
        bench.hear(v={"tau0": 40.0}, n=1)
        bench.close()
        await asyncio.sleep(0.01)
        assert not bench.sent

    asyncio.run(close())


def test_two_benches_do_not_share_anything(toy):
    one, other = toy(), toy()
    one.hear(v={"tau0": 40.0}, n=1)
    assert other.tau0 == 24.7 and not other.sent
    assert one.replies()[0] and not hasattr(Live, "tau0")


def test_a_frame_with_eighteen_people_is_small(toy):
    bench = toy()
    bench.hear(v={"tau0": 40.0, "rho": -0.3}, n=1)
    told, buffers = last(bench)
    assert len(json.dumps(told, ensure_ascii=False).encode()) + len(buffers[0]) < 1600


def test_nothing_to_show_is_shown(toy):
    from lmmlab.picture.marks import Picture

    bench = toy(show=lambda v: Shown(Picture(())), tasks=(), answer=None)
    bench.hear(v={"tau0": 40.0}, n=1, task="grow", choice=0)
    assert last(bench)[0]["n"] == 1


def test_the_nearest_value():
    whole = Control("n", 3, "n", low=1, high=10)
    assert [nearest(whole, v) for v in (0, 3.4, "7", 99, float("inf"), None, "x", [])] == [
        1, 3, 7, 10, 10, None, None, None,
    ]  # fmt: skip


def test_importing_the_bench_imports_neither_pandas_nor_matplotlib():
    code = (
        "import sys, lmmlab.picture.live; "
        "print([m for m in ('pandas', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
