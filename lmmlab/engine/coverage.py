"""How often an interval tells the truth: one study a thousand times, analysed in many ways.

What happens in one run of a study is chance; what happens in the long run is the property of an
analysis. `coverage` simulates replicates, hands each of them to all analyses, and keeps yielding
what is known so far, so that a picture can show a rate and its error while it settles.

Replicates come in blocks of 50, each with streams of its own, and a block is always computed as a
whole. So neither the size of the chunks nor who does the work (this process, or an executor's
workers) changes a study: rates are equal, means equal but for rounding in the last digits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from lmmlab.engine.analysis import Analysis, analyse
from lmmlab.engine.design import Floats, LMMError
from lmmlab.engine.inference import require_confidence
from lmmlab.engine.layout import Layout
from lmmlab.engine.table import Table
from lmmlab.engine.truth import Truth

BLOCK = 50  # replicates that are drawn and computed together
_NOISE, _CHANCE, _PEOPLE = 0, 1, 2  # streams of a block; each random effect has one from 2 on


@dataclass(frozen=True, eq=False)
class Rates:
    """What is known after some replicates of a study; arrays (k,) have an element an analysis.

    Attributes
    ----------
    names : tuple of str
        The analyses.
    replicates : int
        How many studies were simulated so far.
    confidence : float
        The level that the intervals claim.
    coverage, error : (k,) arrays
        How often the interval held the true value, and the Monte-Carlo error of this rate; 1 -
        coverage is the size of the test that the true value is true.
    target, estimate, sd : (k,) arrays
        The true value, and mean and sd of the estimates.
    se, df : (k,) arrays
        Mean standard error and mean degrees of freedom.
    singular, failures : (k,) arrays
        How many fits were singular; and how many studies could not be analysed, which count in none
        of the other numbers.

    Notes
    -----
    `error` is the sd of the rate after x hits in n studies under Jeffreys' prior,
    sqrt(p (1 - p) / (n + 2)) with p = (x + 1/2) / (n + 1): near the familiar formula, but not 0
    when all intervals have hit so far. Means over no studies at all are NaN, "undefined".
    """

    names: tuple[str, ...]
    replicates: int
    confidence: float
    coverage: Floats
    error: Floats
    target: Floats
    estimate: Floats
    sd: Floats
    se: Floats
    df: Floats
    singular: Floats
    failures: Floats

    @property
    def table(self) -> Table:
        """All numbers, a row for each analysis."""
        columns = (
            "coverage",
            "error",
            "target",
            "estimate",
            "sd",
            "se",
            "df",
            "singular",
            "failures",
        )
        note = f"{self.replicates} simulated studies; intervals of level {self.confidence:g}."
        if self.failures.any():
            note += (
                f" {int(self.failures.max())} of them could not be analysed by every method and "
                "are left out there."
            )
        values = np.column_stack([getattr(self, column) for column in columns])
        return Table(self.names, columns, values, note)


@dataclass(frozen=True, eq=False)
class _Study:
    """All that a worker needs to know."""

    truth: Truth
    layout: Layout
    analyses: tuple[tuple[str, Analysis], ...]
    replicates: int
    seed: int
    confidence: float


def coverage(
    truth: Truth,
    layout: Layout,
    analyses: Mapping[str, Analysis],
    replicates: int = 1000,
    seed: int = 1,
    chunk: int = BLOCK,
    *,
    confidence: float = 0.95,
    executor: Executor | None = None,
    ahead: int = 8,
) -> Generator[Rates]:
    """Repeat a study and count how often each analysis is right, as it goes along.

    Parameters
    ----------
    truth : Truth
        What is true.
    layout : Layout
        Who is measured when.
    analyses : mapping of str to Analysis
        What is fitted and how it is tested, by a name.
    replicates : int
        How many studies.
    seed : int
        The same seed gives the same studies. All analyses see the same studies; and truths that
        differ, or groups that are added to a layout, deform them.
    chunk : int
        After how many studies to report; it is rounded up to whole blocks of 50.
    confidence : float
        Level of the intervals.
    executor : concurrent.futures.Executor, optional
        Who does the work: threads, processes, or a cluster (``Client.get_executor()`` of Dask).
        None works here, one chunk whenever the next result is asked for.
    ahead : int
        How many chunks an executor may have in hand. What is not needed any more when the
        generator is closed is cancelled.

    Yields
    ------
    Rates
        After each chunk, all that is known so far.

    Raises
    ------
    LMMError
        If the parts do not fit together, or a model cannot be fitted to such a study at all.

    Examples
    --------
    Ten people with a slope of their own, each measured five times. A model that does not know of
    their slopes is too sure of the average one:

    >>> from lmmlab.engine.layout import members, occasions
    >>> from lmmlab.engine.simulate import root
    >>> codes = members([5] * 10)
    >>> layout = Layout(codes, {"day": occasions(codes)})
    >>> truth = Truth({"1": 10.0, "day": 1.0}, ("1", "day"), root([1.0, 1.0]), 1.0)
    >>> lines = ("1", "day")
    >>> analyses = {
    ...     "parallel": Analysis(lines, ("1",), "day", "satterthwaite"),
    ...     "own slopes": Analysis(lines, lines, "day", "satterthwaite"),
    ... }
    >>> *_, last = coverage(truth, layout, analyses, replicates=200)
    >>> last.coverage.round(1).tolist()
    [0.7, 0.9]
    """
    require_confidence(confidence)
    for what, number in (("replicates", replicates), ("chunk", chunk), ("ahead", ahead)):
        if not isinstance(number, int | np.integer) or number < 1:
            raise LMMError(f"{what} is {number!r}; give a whole number from 1 on.")
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise LMMError(f"The seed is {seed!r}. Take a whole number from 0 on.")
    if not analyses:
        raise LMMError("There is no analysis. Give at least one, by name.")
    each = tuple(analyses.items())
    study = _Study(truth, layout, each, int(replicates), int(seed), confidence)
    _block(
        replace(study, truth=replace(truth, dropout=None), replicates=1), 0
    )  # says what is wrong
    return _accumulate(study, -(-int(chunk) // BLOCK), executor, int(ahead))


def _accumulate(
    study: _Study, blocks: int, executor: Executor | None, ahead: int
) -> Generator[Rates]:
    target = np.array([analysis.true_value(study.truth) for _, analysis in study.analyses])
    last = -(-study.replicates // BLOCK)
    chunks = (range(first, min(first + blocks, last)) for first in range(0, last, blocks))
    total, done = np.zeros((len(target), 7)), 0
    with closing(_results(study, chunks, executor, ahead)) as results:
        for sums in results:
            total = total + sums.sum(0)
            done = min(done + len(sums) * BLOCK, study.replicates)
            yield _rates(study, target, total, done)


def _results(
    study: _Study, chunks: Iterator[range], executor: Executor | None, ahead: int
) -> Generator[Floats]:
    """Give the sums of each chunk, in order."""
    if executor is None:
        for chunk in chunks:
            yield _run(study, chunk)
        return
    pending: deque[Future[Floats]] = deque()
    try:
        for chunk in chunks:
            pending.append(executor.submit(_run, study, chunk))
            if len(pending) == ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for future in pending:
            future.cancel()


def _run(study: _Study, blocks: range) -> Floats:
    """Do the work of a chunk: sums (blocks, k, 7), see `_rates`."""
    return np.array([_block(study, block) for block in blocks])


def _block(study: _Study, block: int) -> Floats:
    """Simulate and analyse the replicates of one block, and add them up."""
    truth, layout = study.truth, study.layout
    count, n = min(BLOCK, study.replicates - block * BLOCK), len(layout.codes)

    def draws(stream: int, rows: int) -> Floats:
        rng = np.random.default_rng(np.random.SeedSequence(study.seed, spawn_key=(block, stream)))
        return rng.standard_normal((rows, BLOCK)).T[:count]  # rows that are added take nothing away

    u = np.empty((count, layout.groups, len(truth.random)))
    for effect in range(len(truth.random)):
        u[..., effect] = draws(_PEOPLE + effect, layout.groups)
    Y = truth.responses(layout, u, draws(_NOISE, n))
    seen = None
    if truth.dropout is not None:
        seen = truth.observed(layout, Y, u, draws(_CHANCE, n))

    sums = np.empty((len(study.analyses), 7))
    for row, (name, analysis) in zip(sums, study.analyses, strict=True):
        try:
            found = analyse(analysis, layout, Y, seen)
        except LMMError as error:
            raise LMMError(f"{name}: {error}") from None
        ok = found.fitted
        off = found.estimate[ok] - analysis.true_value(truth)
        se, df = found.se[ok], found.df[ok]
        hit = np.abs(off) <= stdtrit(df, (1.0 + study.confidence) / 2.0) * se
        row[:] = ok.sum(), hit.sum(), off.sum(), off @ off, se.sum(), df.sum(), found.singular.sum()
    return sums


def _rates(study: _Study, target: Floats, total: Floats, done: int) -> Rates:
    """Turn sums into rates; estimates were summed as differences from their true value."""
    fitted, hits, off, squares, se, df, singular = total.T
    mean = off / _some(fitted)
    variance = np.maximum(squares - off * np.nan_to_num(mean), 0.0) / _some(fitted - 1.0)
    p = (hits + 0.5) / (fitted + 1.0)
    return Rates(
        names=tuple(name for name, _ in study.analyses),
        replicates=done,
        confidence=study.confidence,
        coverage=hits / _some(fitted),
        error=np.sqrt(p * (1.0 - p) / (fitted + 2.0)),
        target=target,
        estimate=target + mean,
        sd=np.sqrt(variance),
        se=se / _some(fitted),
        df=df / _some(fitted),
        singular=singular.copy(),
        failures=done - fitted,
    )


def _some(count: Floats) -> Floats:
    """Give the count, or NaN where there is none: a mean of nothing is undefined."""
    return np.where(count > 0.0, count, np.nan)
