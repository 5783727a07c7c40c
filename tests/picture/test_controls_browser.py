"""What can be set and asked at a bench: by typing, by keys, by buttons, and by an answer."""

import pytest
from toy_hands import MESSAGE, SLIDER, TYPED, until_shown

pytestmark = pytest.mark.browser


def test_typed_values(bench_page, page):
    bench_page()
    for typed, value, sentence in (
        ("31,5", "31.5", ""),
        ("31.5 ms", "31.5", ""),
        (" +12 ", "12.0", ""),
        ("31.57", "31.57", ""),
        ("100", "80.0", "τ₀ goes from 0.0 to 80.0 ms; it is now 80.0 ms."),
        ("−5", "0.0", "τ₀ goes from 0.0 to 80.0 ms; it is now 0.0 ms."),
        ("many", "24.7", "“many” is not a number; τ₀ stays at 24.7 ms."),
        ("", "24.7", "“” is not a number; τ₀ stays at 24.7 ms."),
        ("1e3", "24.7", "“1e3” is not a number; τ₀ stays at 24.7 ms."),
    ):
        page.fill(TYPED, typed)
        page.press(TYPED, "Enter")
        assert page.input_value(TYPED) == value, typed
        until_shown(page, float(value))
        page.wait_for_function(
            "text => document.querySelector('.lmm-message').textContent === text",
            arg=sentence,
        )
        page.get_by_role("button", name="reset").click()
        until_shown(page, 24.7)


def test_whole_numbers_and_escape(bench_page, page):
    bench_page()
    days = "[data-name=days] input[type=text]"
    page.fill(days, "6.6")
    page.press(days, "Enter")
    assert page.input_value(days) == "7"
    page.wait_for_function(
        "document.querySelector('.lmm-message').textContent"
        " === 'days is a whole number; it is now 7.'"
    )
    page.fill(days, "3")
    page.press(days, "Escape")
    page.press(days, "Tab")
    assert page.input_value(days) == "7"


def test_the_keyboard_alone_does_everything(bench_page, page):
    bench = bench_page()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        where = page.evaluate(
            """(e => e.closest('[data-name]:not(.lmm-bench)')?.dataset.name
                || e.getAttribute('aria-label') || e.textContent)(document.activeElement)"""
        )
        reached.append(where)
        if where == "source":
            page.keyboard.press("ArrowRight")
            page.wait_for_function("models[0].get('source') === 'made'")
        if where == "tau0" and page.evaluate("document.activeElement.type") == "range":
            page.keyboard.press("Home")
            until_shown(page, 0.0)
            page.keyboard.press("PageUp")
            page.keyboard.press("ArrowRight")
        if where and where.startswith("Over time"):
            page.keyboard.press("ArrowRight")
            page.wait_for_function("models[0].get('person') === 'p4'")
            page.keyboard.press("End")
            page.wait_for_function("models[0].get('person') === 'p17'")
        if page.evaluate("document.activeElement.closest('.lmm-option') !== null"):
            page.keyboard.press("ArrowDown")
        if where == "Commit":
            page.keyboard.press("Enter")
            page.wait_for_selector(".lmm-right")
            assert page.evaluate("document.activeElement.textContent") == "✓<b>reply 1</b>"
            break
    assert bench.source == "made" and bench.person == "p17" and bench.tau0 == 12.5
    assert {"source", "people", "tau0", "rho", "days", "new sample", "reset"} <= set(reached)
    assert bench.get_state()["_scene"]["answers"]["grow"]["choice"] == 1


def test_a_prediction_reveals_nothing_before_it_is_committed(bench_page, page):
    bench = bench_page()
    assert "reply 0" not in page.content() and "reply 1" not in page.content()
    assert page.locator(".lmm-commit").is_disabled()
    page.get_by_label("They grow").check()
    assert page.evaluate("sent.length") == 0
    page.click(".lmm-commit")
    page.wait_for_selector(".lmm-wrong")
    assert (
        page.inner_text(".lmm-task:not([hidden]) .lmm-reply") == "✗<b>reply 0</b>"
    )  # text, not HTML
    assert page.get_by_label("They shrink").is_disabled()
    assert not page.locator(".lmm-commit").is_visible()
    until_shown(page, 12.5)
    assert page.input_value(TYPED) == "12.5" and bench.tau0 == 12.5
    assert page.get_by_role("button", name="Question 1 of 2, done").is_visible()


def test_a_task_follows_the_scene(bench_page, page):
    bench_page()
    page.get_by_role("button", name="Question 2 of 2").click()
    reply = page.locator("[data-task=zero] .lmm-reply")
    assert reply.inner_text() == "○Not yet. The spread is 24.7."
    page.locator(SLIDER).press("Home")
    until_shown(page, 0.0)
    assert reply.inner_text() == "✓Done. The spread is 0.0."
    assert page.inner_text(MESSAGE) == "All people are alike."
    page.wait_for_function(
        "document.querySelector('.lmm-unseen[aria-live]').textContent"
        ".startsWith('Done: Make all people alike. All people are alike. The spread is 0.0 ms.')"
    )
    page.get_by_role("button", name="reset").click()
    until_shown(page, 24.7)
    assert reply.inner_text().startswith("○")
    assert page.get_by_role("button", name="Question 2 of 2, done").is_visible()


def test_new_sample_reset_and_code(bench_page, page):
    bench = bench_page(body="")
    page.get_by_role("button", name="new sample").click()
    page.wait_for_function("document.querySelector('footer span').textContent === 'sample 2'")
    page.locator(SLIDER).press("End")
    until_shown(page, 80.0)
    page.get_by_role("button", name="reset").click()
    until_shown(page, 24.7)
    assert bench.seed == 1 and page.inner_text("footer span") == "sample 1"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="copy code").click()
    page.get_by_role("button", name="copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "labs.toy(tau0=24.7)"
    assert page.evaluate("location.search") == ""  # no links outside Voila


def test_what_is_corrected_moves_its_slider(bench_page, page):
    bench_page()
    page.get_by_label("made people").check(force=True)
    page.wait_for_function("document.querySelector('[data-name=days] input').value === '5'")
    page.locator(".lmm-group h3", has_text="nature").wait_for()  # of the reply that follows
    assert page.locator("[data-name=people]").is_visible()
