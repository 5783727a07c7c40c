"""Leave one chromosome out: a marker is tested with a relationship that it had no part in.

Where K was made of the markers that are tested, a marker is in the model twice, as a fixed effect
and within the random one, which explains part of what it explains. So the markers of each
chromosome are tested with the K of all others (Lippert and colleagues 2011, Nat. Methods 8,
833-835; Yang and colleagues 2014, Nat. Genet. 46, 100-106).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lmmlab.engine.design import Design, LMMError
from lmmlab.kinship.markers import Markers, markers
from lmmlab.kinship.related import related
from lmmlab.kinship.scan import Scan, named, note, scan
from lmmlab.model.fit import fit


def loco(
    design: Design,
    group: str,
    counts: ArrayLike,
    chromosome: Sequence[object],
    names: Sequence[str] | None = None,
    reml: bool = True,
    reestimate: bool = False,
) -> Scan:
    """Scan the markers of each chromosome with a K made of those of all others.

    Parameters
    ----------
    design : Design
        The model without markers and without K.
    group : str
        The grouping factor whose levels are the people.
    counts : (J, m) array
        Their allele counts, in the order of the levels.
    chromosome : sequence of m
        On which chromosome each marker is.
    names : sequence of m str, optional
    reml, reestimate : bool
        See `lmmlab.kinship.scan.scan`.

    Returns
    -------
    Scan

    Raises
    ------
    LMMError
        If there are fewer than two chromosomes, or the model cannot be fitted.
    """
    place = next((k for k, term in enumerate(design.terms) if term.group == group), None)
    if place is None:
        raise LMMError(f"The model has no grouping factor {group}, which markers are to be of.")
    term, read = design.terms[place], markers(counts)
    m = len(read.varies)
    labels, of = np.unique(np.asarray(chromosome, dtype=str), return_inverse=True)
    if of.shape != (m,):
        raise LMMError(f"There are {m} markers and {of.size} chromosomes. Give one for each.")
    if len(read.counts) != len(term.levels):
        raise LMMError(
            f"{group} has {len(term.levels)} levels, and the markers have {len(read.counts)} rows. "
            "Give one for each level."
        )
    left = np.bincount(of[~read.varies], minlength=len(labels))
    used = np.bincount(of, minlength=len(labels)) - left
    if used.sum() == used.max(initial=0):
        raise LMMError(
            "To leave one chromosome out there must be markers that vary on two at least. Give K "
            "as relationship instead."
        )
    W, inside = read.standardised, of[read.varies]
    parts = [W[:, inside == c] for c in range(len(labels))]
    whole = W @ W.T
    found = []
    for c, part in enumerate(parts):
        K = (whole - part @ part.T) / (used.sum() - used[c])
        terms = list(design.terms)
        terms[place] = related(term, K)
        model = fit(replace(design, terms=tuple(terms)), reml)
        found.append(scan(model, read.counts[:, of == c], None, reestimate, term.codes))
    said = f"K for each of {len(labels)} chromosomes is made of the markers of the others."
    return _together(found, np.argsort(of, kind="stable"), read, names, said)


def _together(
    parts: list[Scan], order: np.ndarray, read: Markers, names: Sequence[str] | None, said: str
) -> Scan:
    """Put the markers of all chromosomes in their places."""
    back = np.argsort(order, kind="stable")
    each = {
        what: np.concatenate([getattr(part, what) for part in parts])[back]
        for what in ("beta", "se", "statistic", "log10_p", "h2", "tested")
    }
    snp = named(names, len(order))
    return Scan(
        snp=snp,
        df=parts[0].df,
        frequency=read.frequency,
        missing=read.missing,
        note=f"{said} {note(read, snp, each['tested'], np.isfinite(each['beta']))}".strip(),
        **each,
    )
