"""Links: the state of a bench in the address."""

import pytest
from toy_hands import MESSAGE, SLIDER, until_shown

pytestmark = pytest.mark.browser


def test_a_link_is_read_kept_and_written(bench_page, page):
    bench = bench_page(query="?tau0=40,5&rho=-0.5&nothing=3&lang=de&token=abc&theme=dark")
    until_shown(page, 40.5)
    assert bench.rho == -0.5 and page.input_value(SLIDER) == "40.5"
    page.locator(SLIDER).press("Home")
    page.wait_for_function("new URLSearchParams(location.search).get('tau0') === '0'")
    query = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert query == {
        "tau0": "0", "rho": "-0.5", "nothing": "3", "lang": "de", "token": "abc", "theme": "dark",
    }  # fmt: skip
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="copy link").click()
    page.get_by_role("button", name="copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "token" not in link and "tau0=0" in link and link.startswith("http://localhost:9/?")
    page.get_by_role("button", name="reset").click()
    page.wait_for_function("!new URLSearchParams(location.search).has('tau0')")
    assert not page.evaluate("new URLSearchParams(location.search).has('rho')")


def test_a_link_that_cannot_be_followed_says_so(bench_page, page):
    bench = bench_page(query="?tau0=1000&rho=many&source=%3Cimg%20src%3Dx%3E&seed=7")
    until_shown(page, 80.0)
    text = page.inner_text(MESSAGE)
    assert "In the link: τ₀ goes from 0.0 to 80.0 ms; it is now 80.0 ms." in text
    assert "“many” for ρ start and change go together, which is not a number" in text
    assert "“<img src=x>” for whose data, which is none of its choices" in text
    assert bench.seed == 7


def test_names_are_prefixed_where_a_page_has_several_benches(bench_page, page, toy):
    one, other = toy(), toy(name="other")
    bench_page(one, other, query="?rho=0.5&other.tau0=10")
    page.wait_for_function("models[1].inFlight === 0 && models[0].inFlight === 0")
    page.wait_for_timeout(100)
    assert (one.tau0, other.tau0) == (24.7, 10.0) and one.rho == other.rho == 0.5
    page.locator(SLIDER).first.press("Home")
    page.wait_for_function("new URLSearchParams(location.search).get('toy.tau0') === '0'")
    assert page.evaluate("new URLSearchParams(location.search).get('other.tau0')") == "10"


def test_a_reload_keeps_the_state(bench_page, page, toy):
    bench_page()
    page.locator(SLIDER).press("End")
    page.wait_for_function("location.search === '?tau0=80'")
    bench_page(toy(), query=page.evaluate("location.search"))
    until_shown(page, 80.0)
