"""A marker scan of tables: people in one, their allele counts in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lmmlab.engine.design import Design, LMMError
from lmmlab.formula.relationship import person_names
from lmmlab.model.remarks import listed

if TYPE_CHECKING:
    import pandas as pd

    from lmmlab.kinship.scan import Scan


def scan(
    formula: str,
    data: pd.DataFrame,
    markers: pd.DataFrame,
    relationship: dict[str, Any] | None = None,
    *,
    chromosome: Any = None,
    person: str | None = None,
    reml: bool = True,
    reestimate: bool = False,
) -> Scan:
    """Test each of many markers alone, as one more fixed effect of a mixed model.

    Parameters
    ----------
    formula : str
        The model without markers, such as ``"y ~ sex + age + (1 | id)"``.
    data : DataFrame
        One row per measurement.
    markers : DataFrame
        Allele counts (0, 1, 2, or missing): a row for each person, whose name is its index, and a
        column for each marker.
    relationship : dict of str to matrix, optional
        How people are related, ``{"id": K}``; see `lmm`.
    chromosome : sequence or dict, optional
        The chromosome of each marker, in the order of the columns or by their names. Then K is
        made of the markers, for each chromosome of those on all others, and no `relationship` of
        the people is given.
    person : str, optional
        The grouping factor whose levels are the people; by default that of `relationship`, or the
        only one of the formula.
    reml : bool
        REML and F tests (the default), or maximum likelihood.
    reestimate : bool
        Estimate the variances anew with each marker; under maximum likelihood the test is the
        likelihood ratio then. By default the ratio of variances is that without markers.

    Returns
    -------
    Scan
        Its `table` has a row for each marker: beta, se, statistic, p; `lambda_gc` and `qq()` tell
        what p-values look like as a whole.

    Raises
    ------
    LMMError
        If the formula or the tables cannot be used.

    Examples
    --------
    >>> from lmmlab import simulate
    >>> from lmmlab.kinship.families import families
    >>> people = families(40, markers=50, seed=1)
    >>> truth = dict(beta=[10, 1], sd=[2], sigma=1, relationship={"id": people.expected})
    >>> table = simulate("y ~ female + (1 | id)", data=people.table(), **truth)
    >>> K = {"id": people.expected}
    >>> found = scan("y ~ female + (1 | id)", table, people.markers(), K)
    >>> len(found.snp), found.df
    (50, 157.0)
    """
    import pandas as pd

    from lmmlab.formula import design
    from lmmlab.kinship.loco import loco
    from lmmlab.kinship.scan import scan as scan_arrays
    from lmmlab.model.fit import fit

    made = design(formula, data, relationship=relationship)
    if not isinstance(markers, pd.DataFrame):
        raise LMMError(
            "markers must be a table, a pandas DataFrame with a row for each person, whose name is "
            "its index, and a column for each marker."
        )
    group = _person(made, relationship, person)
    if chromosome is not None and relationship and group in relationship:
        raise LMMError(
            f"With chromosome= the relationship of {group} is made of the markers. Leave out "
            "relationship, or chromosome."
        )
    term = next(term for term in made.terms if term.group == group)
    rows = person_names(markers.index)
    place = {name: k for k, name in enumerate(rows)}
    if len(place) < len(rows):
        raise LMMError("Two rows of markers have the same name. Give each person one row.")
    if missing := [level for level in term.levels if level not in place]:
        raise LMMError(
            f"markers has no row for {listed(missing)} of {group}. Its index must hold the names "
            f"of the people; if a column does, use markers.set_index(column)."
        )
    names = [str(name) for name in markers.columns]
    kinds = zip(names, markers.dtypes, strict=True)
    if wrong := [name for name, kind in kinds if kind.kind not in "iufb"]:
        raise LMMError(
            f"{listed(wrong)} of markers {'does' if len(wrong) == 1 else 'do'} not hold numbers, "
            "but allele counts are. Set the names of people as the index, and leave out the rest."
        )
    counts = markers.to_numpy(dtype=float)[[place[level] for level in term.levels]]
    if chromosome is not None:
        return loco(made, group, counts, _of(chromosome, names), names, reml, reestimate)
    return scan_arrays(fit(made, reml), counts, names, reestimate, term.codes)


def _person(made: Design, relationship: dict[str, Any] | None, person: str | None) -> str:
    """Find the grouping factor whose levels are people."""
    groups = [term.group for term in made.terms]
    if person is None:
        likely = list(relationship) if relationship else groups
        if len(likely) == 1:
            return likely[0]
    if person not in groups:
        raise LMMError(f"Say whose the markers are: person must be one of {listed(groups)}.")
    return str(person)


def _of(chromosome: Any, names: list[str]) -> list[str]:
    """Give the chromosome of each marker, as text."""
    import pandas as pd

    if hasattr(chromosome, "items"):  # a dict, or a Series by name
        known = {str(name): value for name, value in chromosome.items()}
        if missing := [name for name in names if name not in known]:
            raise LMMError(f"chromosome says nothing of {listed(missing)}.")
        chromosome = [known[name] for name in names]
    if isinstance(chromosome, str) or not np.iterable(chromosome):
        raise LMMError("chromosome must say for each marker where it is, in a list or a dict.")
    where = pd.Series([*chromosome], dtype=object)
    if where.isna().any():
        raise LMMError(
            f"{int(where.isna().sum())} markers have no chromosome. Give them one of their own, "
            'such as "unknown", or leave them out.'
        )
    return person_names(where)
