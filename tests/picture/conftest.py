"""A small bench for the tests: every kind of mark, every kind of control, both kinds of task."""

import base64

import numpy as np
import pytest

from lmmlab.engine.design import LMMError
from lmmlab.picture.control import Control
from lmmlab.picture.live import Answer, Live, Shown, TaskState
from lmmlab.picture.marks import (
    Axis,
    Band,
    Bars,
    Ellipse,
    Heatmap,
    Label,
    Line,
    Panel,
    Picture,
    Points,
    Segments,
)

CONTROLS = (
    Control(
        "source", "sleep", "whose data", group="people",
        choices=(("sleep", "sleep study"), ("made", "made people")),
    ),
    Control("people", 18, "people", group="people", low=2, high=40, shown="source=made"),
    Control(
        "tau0", 24.7, "spread of starts", symbol="τ₀", unit="ms", group="nature",
        low=0.0, high=80.0, step=0.1, role="parameter:tau0",
    ),
    Control(
        "rho", 0.07, "start and change go together", symbol="ρ", group="nature",
        low=-1.0, high=1.0, step=0.01, role="parameter:rho", signed=True,
    ),
    Control("days", 10, "days", group="The person", low=1, high=10, role="person"),
    Control("person", "p3", "person in colour", hidden=True),
    Control("seed", 1, "sample", hidden=True, low=0, high=99),
)  # fmt: skip

TASKS = (
    {
        "id": "grow",
        "kind": "predict",
        "title": "Predict first",
        "text": "What do the arrows do?",
        "choices": ["They grow", "They shrink", "Nothing"],
    },
    {"id": "zero", "kind": "do", "title": "Try", "text": "Make all people alike."},
)


def people(n):
    """People with a start and a change, the same ones for every n."""
    u = np.random.default_rng(1).standard_normal((40, 2))[:n]
    return tuple(f"p{i}" for i in range(n)), u


def picture(v):
    """All eight kinds of mark in three panels."""
    names, u = people(v["people"])
    start = 250 + v["tau0"] * u[:, 0]
    change = 10 + 6 * (v["rho"] * u[:, 0] + np.sqrt(1 - v["rho"] ** 2) * u[:, 1])
    day = np.broadcast_to([0.0, v["days"] - 1.0], (len(names), 2))
    own = start[:, None] + change[:, None] * day
    half = (own - own.mean(0)) * 0.5 + own.mean(0)
    sd = np.array([max(v["tau0"], 1e-9), 6.0])
    cov = np.outer(sd, sd) * np.array([[1, v["rho"]], [v["rho"], 1]])
    over_time = Panel(
        "Over time",
        Axis("day", (-0.5, 10.0), whole=True),
        Axis("reaction time", (0.0, 600.0), "ms"),
        (
            Band(np.arange(10.0), np.full(10, 180.0), np.linspace(300.0, 420.0, 10), "guide"),
            Line(day, own, "own", names, dashed=True),
            Line(day, half, "model", names),
            Line(day[:1], half.mean(0, keepdims=True), "population", bold=True),
            Points(np.arange(4.0), np.array([250.0, np.nan, 280.0, 300.0]), "person"),
            Label(9.0, float(half.mean()), "average", "population", "end"),
        ),
        weight=1.3,
    )
    plane = Panel(
        "Plane",
        Axis("start", (-100.0, 600.0), "ms"),
        Axis("change", (-20.0, 40.0), "ms"),
        (
            Ellipse(np.array([250.0, 10.0]), cov, "parameter:tau0", scale=2.0),
            Segments(
                start, change, (start + 250) / 2, (change + 10) / 2, "model", names, arrow=True
            ),
            Points(start, change, "own", names),
        ),
    )
    bars = Panel(
        "Bars",
        Axis("", (-0.5, 2.5)),
        Axis("count", (0.0, 10.0)),
        (
            Heatmap(
                np.array([-0.5, 1.0, 2.5]),
                np.array([0.0, 5.0, 10.0]),
                np.array([[0.0, 0.5], [np.nan, 1.0]]),
                "guide",
                (0.0, 1.0),
            ),
            Bars(np.arange(3.0), np.zeros(3), np.array([2.0, 5.0, 8.0]), 0.8, "model", names[:3]),
        ),
        aspect=1.6,
    )
    return Picture((over_time, plane, bars), chosen=v["person"])


def show(v):
    """What the bench shows; two states are errors."""
    if v["tau0"] == 66.0:
        raise LMMError("At 66 the model has no answer: choose another spread.")
    if v["tau0"] == 77.0:
        raise RuntimeError("secret detail")
    return Shown(
        picture(v),
        words=(f"The spread is [{v['tau0']:.1f} ms](parameter:tau0).", f"This is {v['person']}."),
        equation="w = [τ²](parameter:tau0)",
        message="All people are alike." if v["tau0"] == 0 else "",
        line=f"labs.toy(tau0={v['tau0']})",
        tasks=(TaskState(v["tau0"] == 0, f"The spread is {v['tau0']:.1f}."),),
        notes={"tau0": "REML estimate: 24.7 ms"},
        headings={"nature": "What the model assumes" if v["source"] == "sleep" else "Nature"},
        values={"days": 5} if v["source"] == "made" and v["days"] > 5 else {},
    )


def answer(task, choice, attempt):
    """The reply to the prediction."""
    return Answer(choice == 1, f"<b>reply {choice}</b>", {"tau0": 12.5})


class Toy(Live):
    """A bench that keeps what it sends, as (data, buffers)."""

    def __init__(self, **given):
        about = dict(
            name="toy", title="A toy", lead="Move it.",
            controls=CONTROLS, tasks=TASKS, show=show, answer=answer,
        )  # fmt: skip
        super().__init__(**about | given)
        self.__dict__["sent"] = []
        self.comm.send = lambda data, buffers=None: self.sent.append((data, buffers or []))

    def hear(self, **content):
        """Receive a custom message as the browser sends it."""
        data = {"method": "custom", "content": content}
        self._handle_msg({"content": {"data": data}, "buffers": []})

    def replies(self):
        """Custom messages that were sent since the last call, and the rest."""
        sent, self.sent[:] = list(self.sent), []
        custom = [(d["content"], b) for d, b in sent if d["method"] == "custom"]
        return custom, [d for d, _ in sent if d["method"] != "custom"]


@pytest.fixture
def toy():
    """A function that makes a bench; all are closed at the end."""
    made = []

    def make(**given):
        made.append(Toy(**given))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def toy_picture():
    """The picture of the toy at its defaults, or at other values."""
    return lambda **v: picture({c.name: c.default for c in CONTROLS} | v)


PAGE = """<!doctype html><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>body { margin: 0 } %CSS%</style><body %BODY%><script type="module">
import live from "/live.js";
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;

// As much of an anywidget model as the bench uses.
class Model {
  constructor(state) { this.state = state; this.handlers = {}; this.inFlight = 0; }
  get(name) { return this.state[name]; }
  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    this.fire(`change:${name}`);
  }
  on(name, act) { (this.handlers[name] ??= []).push(act); }
  off(name, act) { this.handlers[name] = (this.handlers[name] ?? []).filter((h) => h !== act); }
  fire(name, ...given) { for (const act of [...(this.handlers[name] ?? [])]) act(...given); }
  hear([data, buffers]) {
    // an odd offset, as real messages have
    const views = buffers.map((text) => {
      const odd = new Uint8Array(bytes(text).byteLength + 1);
      odd.set(new Uint8Array(bytes(text)), 1);
      return new DataView(odd.buffer, 1);
    });
    if (data.method === "custom") this.fire("msg:custom", data.content, views);
    else for (const [name, value] of Object.entries(data.state)) this.set(name, value);
  }
  // A kernel in the page that needs `net.work` ms for whatever has come by then.
  async work({ n }) {
    this.newest = n;
    if (this.busy) return [];
    this.busy = true;
    await new Promise((go) => setTimeout(go, net.work));
    this.busy = false;
    this.count = (this.count ?? this.state._scene.k) + 1;
    const reply = { k: this.count, n: this.newest, ms: net.work };
    return [[{ method: "custom", content: reply }, []]];
  }
  async send(content) {
    sent.push({ ...content, at: performance.now() });
    if (net.cut) return;
    this.inFlight++;
    net.most = Math.max(net.most, content.n - (this.answered ?? 0));
    const wait = (ms) => new Promise((go) => setTimeout(go, ms));
    if (net.delay) await wait(net.delay / 2);
    const answers = await (net.work ? this.work(content) : window.kernel(this.number, content));
    if (net.delay) await wait(net.delay / 2);
    this.inFlight--;
    for (const answer of net.lose ? [] : answers) {
      this.answered = answer[0].content.n; // from here on it is under way no more
      this.hear(answer);
    }
  }
}
window.net = { cut: false, lose: false, delay: 0, work: 0, most: 0 };
window.sent = [];
window.models = [];
window.open_bench = async (number, place) => {
  const [state, frame] = await window.state(number);
  const model = window.models[number] ??= new Model(state);
  model.number = number;
  model.widget_manager = window.manager;
  state._scene.frame ??= new DataView(bytes(frame));
  const el = document.createElement("div");
  if (place) el.style.cssText = place;
  document.body.append(el);
  return live.render({ model, el });
};
window.ready = true;
</script>"""


@pytest.fixture
def page(shared_page, watch):
    """A page of this test alone; what its site has kept is forgotten after it."""
    context = shared_page.context
    page = watch(context.new_page())
    yield page
    site = {"origin": "http://localhost:9", "storageTypes": "all"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", site)
    context.clear_permissions()
    page.close()


@pytest.fixture
def bench_page(page, toy):
    """A function that opens benches in a page without Jupyter; the kernel is in this process."""
    benches = []

    def answers(bench):
        sent, bench.sent[:] = list(bench.sent), []
        return [[data, [base64.b64encode(b).decode() for b in bs]] for data, bs in sent]

    def kernel(number, content):
        benches[number].hear(**content)
        return answers(benches[number])

    def state(number):
        keep = benches[number].get_state()
        scene = keep["_scene"]
        return {
            **{k: keep[k] for k in keep if k in benches[number]._controls or k == "_about"},
            "_scene": {k: v for k, v in scene.items() if k != "frame"},
        }, base64.b64encode(scene["frame"]).decode()

    def open_page(*made, query="", body='data-voila="voila"', url="http://localhost:9/"):
        benches[:] = made or [toy()]
        for bench in benches:  # playwright's own event loop runs here, but it is not a kernel's
            bench.__dict__["_soon"] = bench._refresh
        html = PAGE.replace("%CSS%", Live._css).replace("%BODY%", body)

        def serve(route):
            script = route.request.url.endswith("live.js")
            kind = "text/javascript" if script else "text/html"
            route.fulfill(body=Live._esm if script else html, content_type=kind)

        page.route("http://localhost:9/**", serve)
        page.goto(url + query)
        page.wait_for_function("window.ready")
        for number in range(len(benches)):
            page.evaluate(
                "async n => { (window.closers ??= []).push(await open_bench(n)); }", number
            )
        return benches[0]

    def tell(number=0):
        for answer in answers(benches[number]):
            page.evaluate("([n, a]) => models[n].hear(a)", [number, answer])

    page.expose_function("kernel", kernel)
    page.expose_function("state", state)
    open_page.tell = tell
    yield open_page
    assert page.problems == []
