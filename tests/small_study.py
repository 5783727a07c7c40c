"""Six people, a line for each, and what a study of them ends with."""

from lmmlab.study.coverage import coverage
from lmmlab.study.layout import Layout, members, occasions
from lmmlab.study.simulate import root
from lmmlab.study.truth import Truth

LINE = ("1", "day")


def days(people, visits):
    codes = members([visits] * people)
    return Layout(codes, {"day": occasions(codes)})


SMALL = days(6, 4)
SLOPES = Truth({"1": 10.0, "day": 1.0}, LINE, root([2.0, 1.0], 0.3), 1.5)


def last(*args, **options):
    *_, rates = coverage(*args, **options)
    return rates
