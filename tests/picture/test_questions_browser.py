"""Questions in a real browser: numbers that are typed, and questions that come again."""

import pytest

from lmmlab.teach.tasks import Choice, Mistake, Number, Predict

pytestmark = pytest.mark.browser

SD = Number(
    "sd",
    "The variance is 625 ms². What is the sd?",
    value=12.5,
    reply="So it is.",
    tolerance=0.05,
    unit="ms",
    mistakes=(Mistake(80.0, "variance instead of sd", "That is the variance."),),
    limits=(0.0, float("inf")),
    then={"tau0": 12.5},
)
REPLY = ".lmm-reply"


def matrix(seed):
    """A question that comes again with other numbers; every second one has its answer swapped."""
    return Predict(
        "matrix",
        f"Is matrix {seed} one?",
        (Choice("yes", f"yes to {seed}", seed % 2 == 0), Choice("no", "no", seed % 2 == 1)),
        None,
        table=(("", "start", "change"), ("start", "9", f"−{seed}"), ("change", f"−{seed}", "1")),
    )


@pytest.fixture
def asked(bench_page, toy):
    """The page of a bench that asks these questions, and the bench."""
    now = {"sd": SD, "matrix": matrix(1), "seed": 1}

    def again(name):
        now["seed"] += 1
        now[name] = matrix(now["seed"])
        return now[name].asked()

    tasks = [SD.asked(), now["matrix"].asked() | {"again": True}]
    answer = lambda name, given, attempt: now[name].answer(given, attempt)  # noqa: E731
    return bench_page(toy(tasks=tasks, answer=answer, again=again))


def reply(page, text):
    page.wait_for_function(
        "t => document.querySelector('.lmm-task:not([hidden]) .lmm-reply').textContent === t",
        arg=text,
    )


def test_a_number_gets_hints_and_reveals_nothing(asked, page):
    box = page.get_by_role("textbox", name="The variance is 625 ms². What is the sd?")
    assert box.get_attribute("inputmode") == "decimal"
    assert page.locator(".lmm-commit").first.is_disabled()
    assert "That is the variance" not in page.content() and "So it is" not in page.content()
    box.fill("many")
    box.press("Enter")
    reply(page, "○“many” is not a number. Write it like 12.5 or 12,5.")
    assert box.get_attribute("aria-invalid") == "true"
    assert page.evaluate("sent.length") == 0
    box.fill("20,5 ms")
    box.press("Enter")
    reply(page, "○Much too high. 2 more tries.")
    assert box.input_value() == "20.5" and box.evaluate("e => e === document.activeElement")
    page.wait_for_function(
        "document.querySelector('.lmm-unseen[aria-live]').textContent.includes('Much too high')"
    )
    assert asked.tau0 == 24.7
    box.fill("80")
    page.locator(".lmm-commit").first.click()
    reply(page, "✗That is the variance.")
    assert box.get_attribute("readonly") is not None
    assert not page.locator(".lmm-commit").first.is_visible()
    assert page.locator(REPLY).first.evaluate("e => e === document.activeElement")
    page.wait_for_function("document.querySelector('[data-name=tau0] input').value === '12.5'")
    assert page.get_by_role("button", name="Question 1 of 2, done").is_visible()


def test_the_right_number_with_a_decimal_comma(asked, page):
    box = page.locator(".lmm-blank input")
    box.fill("12,5")
    box.press("Enter")
    reply(page, "✓So it is.")
    assert asked.tau0 == 12.5


def test_numbers_are_read_as_people_write_them(asked, page):
    """The unit, per cents of a share, thousands of a whole number; nothing else is guessed."""
    bundle = asked._esm
    share, rows, sd = {"unit": ""}, {"unit": "rows", "whole": True}, {"unit": "ms"}
    read = bundle[bundle.index("function read(") :].split("\n}\n")[0] + "\n}"
    for spec, text, wanted in (
        (share, ".69", 0.69), (share, "0,69", 0.69), (share, "69 %", 0.69), (share, "57.3%", 0.573),
        (share, "−.5", -0.5), (rows, "1,800 rows", 1800), (rows, "1800", 1800), (sd, "1,800", 1.8),
        (sd, "12 ms", 12), (sd, "12 %", None), (share, "69 % %", None), (share, "%", None),
    ):  # fmt: skip
        found = page.evaluate(f"([s, t]) => {{ {read}; return read(s, t) }}", [spec, text])
        assert (found == wanted) if wanted is not None else found != found, (text, found)


def test_another_question_of_the_same_kind(asked, page):
    page.get_by_role("button", name="Question 2 of 2").click()
    table = page.locator(".lmm-task:not([hidden]) table")
    assert table.locator("th").all_inner_texts() == ["start", "change", "start", "change"]
    again = page.get_by_role("button", name="another one")
    assert not again.is_visible()
    page.get_by_label("no").check()
    page.locator(".lmm-task:not([hidden]) .lmm-commit").click()
    reply(page, "✓no")
    assert asked.tau0 == 24.7, "nothing moves"
    again.click()
    page.get_by_text("Is matrix 2 one?").wait_for()
    reply(page, "")
    assert page.locator(".lmm-task:not([hidden]) input").first.is_enabled()
    assert page.evaluate("document.activeElement.type") == "radio"
    page.get_by_label("yes").check()
    page.locator(".lmm-task:not([hidden]) .lmm-commit").click()
    reply(page, "✓yes to 2")
    assert again.is_visible()
    # A view that is opened later shows the same question and its answer.
    page.evaluate("async () => { await open_bench(0) }")
    late = page.locator(".lmm-bench").nth(1).locator("[data-task=matrix]")
    assert "Is matrix 2 one?" in late.text_content() and "✓yes to 2" in late.text_content()


def test_a_commitment_that_is_sent_again_counts_once(asked):
    said = {"task": "sd", "choice": 20.0, "turn": 0}
    asked.hear(v={}, n=1, **said)
    asked.hear(v={}, n=2, **said)
    entry = asked._parts["answers"]["sd"]
    assert (entry["tries"], entry["turn"], entry["open"]) == (1, 1, True)
    asked.hear(v={}, n=3, task="sd", choice="20", turn=1)
    asked.hear(v={}, n=3, task="sd", choice=True, turn=1)
    asked.hear(v={}, n=3, task="sd", choice=float("nan"), turn=1)
    assert asked._parts["answers"]["sd"] is entry
    asked.hear(v={}, n=4, task="matrix", again=1, turn=0)
    asked.hear(v={}, n=5, task="matrix", again=1, turn=0)
    assert asked._parts["answers"]["matrix"]["asked"]["text"] == "Is matrix 2 one?"
    asked.hear(v={}, n=6, task="sd", again=1, turn=1)  # has no other
    assert asked._parts["answers"]["sd"] is entry
