"""What a bench makes of silence; the test plays the kernel and the server."""

import pytest

pytestmark = pytest.mark.browser
SLIDER = '[data-name="tau0"] input[type=range]'
JUPYTER = """
  const signal = (to = new Set()) => ({ to, connect: (f) => to.add(f),
    disconnect: (f) => to.delete(f), emit: (v) => to.forEach((f) => f(null, v)) });
  const line = {
    id: "1-2-3", serverSettings: { baseUrl: "/hub/", token: "secret" },
    connectionStatus: "connected", statusChanged: signal(), connectionStatusChanged: signal(),
    mute: false, infos: 0, reconnects: 0,
    requestKernelInfo: () => new Promise((go) => line.infos++ < 99 && !line.mute && go()),
    reconnect: async () => { line.reconnects++; },
  };
  window.manager = { kernel: line };
  window.server = { says: "idle", asked: [] };
  window.fetch = async (url, { headers }) => {
    server.asked.push(`${url} ${headers.Authorization}`);
    if (server.says === null) throw TypeError("no network");
    if (server.says === "gone") return { ok: false, status: 404 };
    return { ok: true, json: async () => ({ execution_state: server.says }) };
  };
"""


@pytest.fixture
def jupyter(bench_page, page):
    """A function that opens a bench whose server says something of the kernel."""

    def begin(says="idle", **given):
        page.clock.install()
        page.add_init_script(JUPYTER)
        page.add_init_script(f"server.says = {says!r}")
        bench_page(**given)
        page.wait_for_function("server.asked.length > 0")

    return begin


def says(page, text, seconds=5):
    """Let so much time pass, then look."""
    page.clock.run_for(1000 * seconds)
    page.wait_for_function(
        "(text) => document.querySelector('.lmm-message').textContent.includes(text)",
        arg=text,
        timeout=5000,
    )


def test_the_server_is_asked_while_nothing_is_heard_once_for_all_benches(
    jupyter, page, bench_page, toy
):
    jupyter(says="idle")
    page.evaluate("async () => { closers.push(await open_bench(0)); }")
    page.clock.run_for(6500)
    asked = page.evaluate("server.asked")
    assert 3 <= len(asked) <= 5
    assert set(asked) == {"/hub/api/kernels/1-2-3?no_track_activity=1 token secret"}
    page.evaluate("closers.forEach((close) => close())")
    page.clock.run_for(3000)
    assert page.evaluate("server.asked.length") == len(asked)


def test_a_kernel_that_answers_others_but_not_the_bench_was_started_anew(jupyter, page):
    jupyter()
    page.evaluate("net.cut = true")
    page.locator(SLIDER).press("ArrowRight")
    says(page, "Python has stopped")
    assert page.evaluate("manager.kernel.infos") == 2
    count = page.evaluate("sent.length")
    page.clock.run_for(2500)
    assert page.evaluate("sent.length") == count, "it keeps a kernel alive that is of no use"


def test_a_busy_kernel_is_not_taken_for_dead(jupyter, page):
    jupyter("busy")
    page.evaluate("net.cut = true")
    page.locator(SLIDER).press("ArrowRight")
    says(page, "Still waiting")
    page.clock.run_for(3000)
    says(page, "Still waiting")
    assert page.evaluate("[manager.kernel.infos, manager.kernel.reconnects]") == [0, 0]


def test_a_broken_line_is_replaced(jupyter, page):
    """The kernel answers nobody, and has nothing to do: the connection only seems to be one."""
    jupyter()
    page.evaluate("net.cut = manager.kernel.mute = true")
    page.locator(SLIDER).press("ArrowRight")
    page.clock.run_for(6000)
    assert page.evaluate("manager.kernel.reconnects") > 0
    page.evaluate("net.cut = manager.kernel.mute = false")
    page.locator(SLIDER).press("ArrowRight")
    page.wait_for_function("document.querySelector('.lmm-message').textContent === ''")
    assert page.locator(".lmm-words").inner_text().startswith("The spread is 24.9 ms")


def test_where_no_server_has_answered_its_silence_means_nothing(jupyter, page):
    """JupyterLite: the kernel is in the browser, and nobody keeps its address."""
    jupyter("gone")
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.locator(SLIDER).press("ArrowRight")
    page.clock.run_for(3000)
    assert page.inner_text(".lmm-message") == ""


def test_the_sliders_of_a_notebook_come_back_when_its_cells_are_run_again(
    jupyter, page, bench_page
):
    jupyter(body="")
    page.locator(SLIDER).press("ArrowRight")
    page.wait_for_function("document.querySelector('.lmm-words').textContent.includes('24.8')")
    page.evaluate("manager.kernel.statusChanged.emit('autorestarting')")
    says(page, "Run the cells again")
    page.locator(SLIDER).press("ArrowRight")
    page.clock.run_for(400)
    bench_page(body="")
    page.wait_for_function("document.querySelector('.lmm-words').textContent.includes('24.9')")
    says(page, "stand where they stood")
    bench_page(body="")  # and only once
    page.clock.run_for(300)
    assert page.inner_text(".lmm-message") == ""
    assert page.locator(SLIDER).input_value() == "24.7"
