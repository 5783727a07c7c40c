"""The teacher's guide: each link leads to a lesson and sets what its lab can take."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from lmmlab import labs

GUIDE = Path(__file__).parents[2] / "docs" / "teaching.md"
LINKS = re.findall(r"\]\((\d\d-[^)]+)\)", GUIDE.read_text("utf-8"))
LESSONS = Path(__file__).parents[2] / "lessons"


def named(lesson):
    """The labs that the code of a lesson shows, in their order."""
    text = (LESSONS / lesson).read_text("utf-8")
    return list(dict.fromkeys(n for n in re.findall(r"labs\.(\w+)\(", text) if n in labs.__all__))


@pytest.mark.parametrize("link", LINKS)
def test_a_link_of_the_guide_can_be_followed(link):
    address = urlsplit(link)
    if not (LESSONS / address.path).exists():
        pytest.skip("this lesson is not written yet")
    shown = named(address.path)
    for name, text in parse_qsl(address.query, strict_parsing=True):
        lab, _, control = name.rpartition(".")
        assert lab in shown or (not lab and len(shown) == 1), (name, shown)
        bench = getattr(labs, lab or shown[0])
        spec = next((s for s in bench.specs if s.name == control), None)
        assert spec is not None, f"{bench.name} has no {control}"
        bench.controls(**{control: type(spec.default)(text)})


def test_there_are_links():
    assert len(LINKS) >= 15
