"""The site of the docs: no link of it leads nowhere.

To build it takes a while, so it is asked for: ``python -m sphinx -W docs SITE``, then
``LMMLAB_DOCS=SITE python -m pytest tests/test_docs.py``. `.ci/run` does both.
"""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from lmmlab.generalised.model import GLMMFit
from lmmlab.model.model import Fit

PROJECT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")


class Page(HTMLParser):
    """What a page offers to links, and where its own lead."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        self.ids |= {about[name] for name in ("id", "name") if about.get(name)}
        self.links += [about[name] for name in ("href", "src") if about.get(name)]


@pytest.fixture(scope="module")
def site():
    """The folder of the site."""
    if "LMMLAB_DOCS" not in os.environ:
        pytest.skip("LMMLAB_DOCS names no site; python -m sphinx -W docs SITE makes one")
    return Path(os.environ["LMMLAB_DOCS"]).resolve()


def test_no_link_of_the_site_leads_nowhere(site):
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            reached = target in pages and (
                not parts.fragment or unquote(parts.fragment) in pages[target].ids
            )
            if not (reached or (target.is_file() and target not in pages)):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 60
    assert dead == []


def test_each_lesson_and_each_lab_is_in_the_overview(site):
    from lmmlab import labs
    from lmmlab.page.gallery import cards

    page = (site / "lessons.html").read_text(encoding="utf-8").replace("’", "'")
    for card in cards(PROJECT / "lessons"):
        assert card.sentence in page
    for lab in labs.__all__:
        assert f"{lab}-light.svg" in page and f"{lab}-dark.svg" in page


@pytest.mark.parametrize("kind", [Fit, GLMMFit])
def test_all_that_a_fit_can_tell_is_on_its_page(site, kind):
    name = f"{kind.__module__}.{kind.__name__}"
    page = Page((site / "generated" / "api" / f"{name}.html").read_text(encoding="utf-8"))
    told = {what for what in dir(kind) if not what.startswith("_")} - {"searched"}  # a field
    assert {"aic", "sd", "test"} < told
    assert {f"{name}.{what}" for what in told} <= page.ids


def test_no_relative_link_of_a_text_leads_nowhere():
    texts = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *PROJECT.glob("docs/*.md")]
    texts += [PROJECT / "binder" / "README.md"]
    dead = [
        f"{path.name}: {link}"
        for path in texts
        for link in LINK.findall(path.read_text(encoding="utf-8"))
        if not urlsplit(link).scheme
        and urlsplit(link).path
        and not (path.parent / unquote(urlsplit(link).path)).exists()
    ]
    assert dead == []


def test_contributing_is_short():
    assert len((PROJECT / "docs" / "contributing.md").read_text().splitlines()) <= 45
