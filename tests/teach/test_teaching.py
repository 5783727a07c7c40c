"""The teacher's guide: each link leads to a lesson and sets what its lab can take."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from lmmlab import labs
from lmmlab.labs._numbers import corr, percent
from lmmlab.teach.tasks import Number

GUIDE = Path(__file__).parents[2] / "docs" / "teaching.md"
LINK = re.compile(r"\]\(http://localhost:8866/voila/render/(\d\d-[^)]+)\)")
LINKS = LINK.findall(GUIDE.read_text("utf-8"))
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


def asked_for(link):
    """The lab of a link and the values that it sets."""
    address = urlsplit(link)
    given = dict(parse_qsl(address.query))
    name = next(iter(given)).rpartition(".")[0] or named(address.path)[0]
    bench = getattr(labs, name)
    values = {key.rpartition(".")[2]: text for key, text in given.items()}
    kinds = {spec.name: type(spec.default) for spec in bench.specs}
    return name, {key: kinds[key](text) for key, text in values.items()}


SECTIONS = (
    "clustering",
    "overconfidence",
    "trajectories",
    "fan",
    "implied_covariance",
    "shrinkage",
)
NUMBERS = [(lab, t) for lab in SECTIONS for t in getattr(labs, lab).tasks if isinstance(t, Number)]


@pytest.mark.parametrize(("lab", "task"), NUMBERS, ids=lambda case: getattr(case, "name", case))
def test_a_number_that_is_asked_stands_in_the_guide_with_its_state(lab, task):
    bench = getattr(labs, lab)
    said = bench.words(**task.then)

    def shows_it(link):
        name, values = asked_for(link)
        return name == lab and bench.words(**values) == said

    lines = GUIDE.read_text("utf-8").splitlines()
    (row,) = (line for line in lines if any(map(shows_it, LINK.findall(line))))
    expected = row.split(" | ")[1]
    share, value = abs(task.value) < 1, task.value
    written = [corr(value), percent(value, 0)] if share else [f"{value:.1f}", f"{value:.0f}"]
    assert any(text in expected for text in written)


def test_there_are_links():
    assert len(LINKS) >= 15
