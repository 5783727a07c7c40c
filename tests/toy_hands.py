"""What a hand does at the toy bench of tests/picture, and what an eye sees."""

import re

SLIDER = "[data-name=tau0] input[type=range]"
TYPED = "[data-name=tau0] input[type=text]"
MESSAGE = ".lmm-message"


def shown(page):
    """The spread that the words tell, so what the kernel was last heard to say."""
    return float(re.search(r"spread is ([\d.]+) ms", page.inner_text(".lmm-words"))[1])


def until_shown(page, value):
    page.wait_for_function(
        "v => document.querySelector('.lmm-words').textContent.includes(`spread is ${v} ms`)",
        arg=f"{value:.1f}",
        timeout=9000,
    )


def across(page, share, selector=SLIDER):
    """The place on a slider's track at a share of its range."""
    box = page.locator(selector).bounding_box()
    return box["x"] + 9 + (box["width"] - 18) * share, box["y"] + box["height"] / 2


def asked(page):
    return page.evaluate("sent.map(({ v }) => v)")
