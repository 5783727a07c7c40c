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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lmmlab.engine.design import Floats, LMMError
from lmmlab.model.estimates import require_confidence
from lmmlab.study.analysis import Analysis, analyse, answers
from lmmlab.study.layout import Layout
from lmmlab.study.rates import Rates, rates
from lmmlab.study.truth import Truth

BLOCK = 50  # replicates that are drawn and computed together
_TRIAL = 5  # studies that are fitted before all others, to see whether the models can be
_NOISE, _CHANCE, _PEOPLE = 0, 1, 2  # streams of a block; each random effect has one from 2 on


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
        Who does the work: threads, processes, or a cluster (Dask's
        ``Client.get_executor(pure=False)``; pure tasks would be shared with another run of the
        same study, and cancelled with it). None works here, one chunk whenever the next result is
        asked for.
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

    >>> from lmmlab.study.layout import members, occasions
    >>> from lmmlab.study.simulate import root
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
    layout.matrix((*truth.beta, *truth.random))
    study = _Study(truth, layout, tuple(analyses.items()), int(replicates), int(seed), confidence)
    first, _ = _simulate(study, 0, _TRIAL)
    for name, analysis in analyses.items():
        try:
            answers(analysis, layout, first)
        except LMMError as error:
            raise LMMError(f"{name}: {error}") from None
    return _accumulate(study, -(-int(chunk) // BLOCK), executor, int(ahead))


def _accumulate(
    study: _Study, blocks: int, executor: Executor | None, ahead: int
) -> Generator[Rates]:
    names = tuple(name for name, _ in study.analyses)
    target = np.array([analysis.true_value(study.truth) for _, analysis in study.analyses])
    last = -(-study.replicates // BLOCK)
    chunks = (range(first, min(first + blocks, last)) for first in range(0, last, blocks))
    total, done = np.zeros((len(target), 7)), 0
    with closing(_results(study, chunks, executor, ahead)) as results:
        for sums in results:
            total = total + sums.sum(0)
            done = min(done + len(sums) * BLOCK, study.replicates)
            yield rates(names, study.confidence, target, done, total)


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
    """Do the work of a chunk: sums (blocks, k, 7), see `rates`."""
    return np.array([_block(study, block) for block in blocks])


def _block(study: _Study, block: int) -> Floats:
    """Simulate and analyse the replicates of one block, and add up what `rates` needs."""
    Y, seen = _simulate(study, block, min(BLOCK, study.replicates - block * BLOCK))
    analyses = [analysis for _, analysis in study.analyses]
    sums = np.empty((len(analyses), 7))
    found = analyse(analyses, study.layout, Y, seen)
    for row, analysis, one in zip(sums, analyses, found, strict=True):
        ok = one.fitted
        off = one.estimate[ok] - analysis.true_value(study.truth)
        se, df = one.se[ok], one.df[ok]
        hit = np.abs(off) <= stdtrit(df, (1.0 + study.confidence) / 2.0) * se
        singular = (one.singular & ok).sum()
        row[:] = ok.sum(), hit.sum(), off.sum(), off @ off, se.sum(), df.sum(), singular
    return sums


def _simulate(study: _Study, block: int, count: int) -> tuple[Floats, NDArray[np.bool_] | None]:
    """Make the first replicates of a block: responses, and which of them are observed."""
    truth, layout = study.truth, study.layout

    def draws(stream: int, rows: int) -> Floats:
        rng = np.random.default_rng(np.random.SeedSequence(study.seed, spawn_key=(block, stream)))
        return rng.standard_normal((rows, BLOCK)).T[:count]  # rows that are added take nothing away

    n = len(layout.codes)
    u = np.empty((count, layout.groups, len(truth.random)))
    for effect in range(len(truth.random)):
        u[..., effect] = draws(_PEOPLE + effect, layout.groups)
    Y = truth.responses(layout, u, draws(_NOISE, n))
    if truth.dropout is None:
        return Y, None
    return Y, truth.observed(layout, Y, u, draws(_CHANCE, n))
