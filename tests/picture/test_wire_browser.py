"""Messages between a bench and its kernel: few, in time, and none is missed."""

import pytest
from toy_hands import MESSAGE, SLIDER, TYPED, across, asked, shown, until_shown

pytestmark = pytest.mark.browser


def test_a_drag_moves_the_picture_and_only_by_messages(bench_page, page):
    bench = bench_page()
    before = page.locator(".lmm-segments").first.get_attribute("d")
    page.mouse.move(*across(page, 0.31))
    page.mouse.down()
    for i in range(30):
        page.mouse.move(*across(page, 0.31 + i / 100))
    page.mouse.up()
    page.wait_for_function("models[0].inFlight === 0")
    value = float(page.input_value(SLIDER))
    until_shown(page, value)
    assert bench.tau0 == value and value > 40
    assert page.locator(".lmm-segments").first.get_attribute("d") != before
    assert all(set(v) == {"tau0"} for v in asked(page))
    assert page.evaluate("sent.every(({ n }, i) => n === i + 1)")


def test_a_drag_survives_lost_replies(bench_page, page):
    page.clock.install()
    bench_page()
    page.mouse.move(*across(page, 0.31))
    page.mouse.down()
    page.evaluate("net.lose = true")
    for i in range(20):
        page.mouse.move(*across(page, 0.31 + i / 100))
    page.mouse.up()
    page.clock.run_for(300)
    assert shown(page) == 24.7
    page.evaluate("net.lose = false")
    page.clock.run_for(3000)
    until_shown(page, float(page.input_value(SLIDER)))  # by itself


def test_one_lost_reply_leaves_a_hole_that_is_filled(bench_page, page, toy):
    bench_page(toy(values={"source": "made"}))
    page.evaluate("net.lose = true")
    page.locator("[data-name=people] input[type=range]").press("ArrowRight")  # a new structure
    page.wait_for_function("sent.length === 1 && models[0].inFlight === 0")
    page.evaluate("net.lose = false")
    page.locator(SLIDER).press("ArrowRight")
    until_shown(page, 24.8)
    assert page.locator(".lmm-segments").count() == 19
    assert page.evaluate("sent.some(({ full }) => full)")


def test_ten_seconds_without_network_are_said_and_forgotten(bench_page, page):
    page.clock.install()
    bench_page()
    page.evaluate("net.cut = true")
    page.locator(SLIDER).press("ArrowRight")
    page.locator(SLIDER).press("ArrowRight")
    page.clock.run_for(2000)
    assert page.inner_text(MESSAGE) == ""
    page.clock.run_for(2000)
    assert page.inner_text(MESSAGE).startswith("Still waiting")
    page.clock.run_for(6000)
    assert 2 < page.evaluate("sent.length") < 12  # patient
    page.evaluate("net.cut = false")
    page.clock.run_for(3000)
    until_shown(page, 24.9)
    page.wait_for_function("document.querySelector('.lmm-message').textContent === ''")


def test_nothing_but_the_hand_moves_a_thumb_that_is_held(bench_page, page):
    bench = bench_page()
    page.evaluate("net.delay = 80")
    page.evaluate(
        """() => {
          window.jumps = 0;
          const range = document.querySelector("[data-name=tau0] input[type=range]");
          let last = +range.value;
          range.addEventListener("input", () => (last = +range.value), true);
          const look = () => { jumps += +range.value !== last; requestAnimationFrame(look); };
          look();
        }"""
    )
    page.mouse.move(*across(page, 24.7 / 80))
    page.mouse.down()
    for i in range(25):
        page.mouse.move(*across(page, 24.7 / 80 + i / 50))
        page.wait_for_timeout(10)
        if i == 12:
            bench.tau0 = 5.0
            bench_page.tell()
    page.wait_for_timeout(300)
    assert page.evaluate("jumps") == 0
    page.mouse.up()
    until_shown(page, float(page.input_value(SLIDER)))
    page.evaluate("jumps = -1e9")
    bench.tau0 = 5.0
    bench_page.tell()
    until_shown(page, 5.0)
    assert page.input_value(SLIDER) == "5" and page.input_value(TYPED) == "5.0"
    assert not any(v.get("tau0") == 5.0 for v in asked(page))  # no echo


def test_as_many_requests_are_under_way_as_the_line_needs(bench_page, page):
    bench_page()

    def drag(delay, work):
        """The most requests under way in the second half of a drag."""
        page.evaluate("given => Object.assign(net, given)", {"delay": delay, "work": work})
        most = page.evaluate(
            """() => new Promise((done) => {
              const range = document.querySelector("[data-name=tau0] input[type=range]");
              let i = 0;
              const step = () => {
                range.value = 20 + (i % 40);
                range.dispatchEvent(new Event("input", { bubbles: true }));
                if (i === 60) net.most = 0;
                if (i++ < 120) requestAnimationFrame(step);
                else done(net.most);
              };
              step();
            })"""
        )
        page.wait_for_function("models[0].inFlight === 0")
        return most

    near, far, farther = drag(delay=5, work=2), drag(delay=60, work=2), drag(delay=400, work=2)
    assert near < far <= farther <= 8
    assert drag(delay=5, work=60) < far  # a slow scene: what waits in a queue only comes late


def test_errors_are_sentences_and_the_last_picture_stays(bench_page, page):
    bench_page()
    before = page.locator(".lmm-segments").first.get_attribute("d")
    page.fill(TYPED, "66")
    page.press(TYPED, "Enter")
    page.wait_for_selector(".lmm-bench.lmm-stale")
    assert page.inner_text(MESSAGE) == "At 66 the model has no answer: choose another spread."
    assert page.locator(".lmm-segments").first.get_attribute("d") == before
    page.fill(TYPED, "77")
    page.press(TYPED, "Enter")
    page.wait_for_function("document.querySelector('.lmm-message').textContent.includes('fault')")
    assert "secret" not in page.content()
    page.get_by_role("button", name="reset").click()
    page.wait_for_selector(".lmm-bench:not(.lmm-stale)")


def test_two_views_of_one_bench_agree_and_are_taken_down(bench_page, page):
    bench_page()
    page.evaluate("async () => { closers.push(await open_bench(0)); }")
    page.locator(SLIDER).first.press("End")
    all_say = (
        "s => [...document.querySelectorAll('.lmm-words')].every(w => w.textContent.includes(s))"
    )
    page.wait_for_function(all_say, arg="80.0")
    assert page.locator(SLIDER).nth(1).input_value() == "80"
    page.locator(SLIDER).nth(1).press("Home")
    page.wait_for_function(all_say, arg="is 0.0")
    # a view that is opened later starts from what is shown now
    page.evaluate("async () => { closers.push(await open_bench(0)); }")
    assert "is 0.0 ms" in page.locator(".lmm-words").nth(2).inner_text()
    page.evaluate("closers.forEach((close) => close())")
    assert page.locator(".lmm-bench").count() == 0
    assert page.evaluate("Object.values(models[0].handlers).flat().length") == 0
    count = page.evaluate("sent.length")
    page.wait_for_timeout(700)
    assert page.evaluate("sent.length") == count


def test_a_dead_kernel_is_told_and_a_lost_line_comes_back(bench_page, page, toy):
    page.add_init_script(
        """const signal = (to = new Set()) => ({ to, connect: (f) => to.add(f),
             disconnect: (f) => to.delete(f), emit: (v) => to.forEach((f) => f(null, v)) });
           const kernel = { statusChanged: signal(), connectionStatusChanged: signal() };
           window.manager = { kernel };"""
    )
    bench_page()
    page.evaluate("manager.kernel.connectionStatusChanged.emit('connecting')")
    page.wait_for_function(
        "document.querySelector('.lmm-message').textContent.includes('does not answer')"
    )
    page.evaluate("manager.kernel.connectionStatusChanged.emit('connected')")
    page.wait_for_function("document.querySelector('.lmm-message').textContent === ''")
    page.evaluate("manager.kernel.statusChanged.emit('autorestarting')")
    page.wait_for_function(
        "document.querySelector('.lmm-message').textContent.includes('Reload the page')"
    )
    page.evaluate("manager.kernel.statusChanged.emit('idle')")  # not this bench's kernel any more
    page.wait_for_timeout(50)
    assert "Reload the page" in page.inner_text(MESSAGE)
    page.evaluate("closers[0]()")
    assert page.evaluate("manager.kernel.statusChanged.to.size") == 0
