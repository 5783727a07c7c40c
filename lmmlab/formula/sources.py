"""Where the rows of a simulated study differ: its grouping factors, and what their levels draw.

Draws are those of `lmmlab.study.simulate`: they belong to a seed and to the place of a level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lmmlab.engine.design import Design, Floats, Ints, LMMError
from lmmlab.formula.nesting import factors, finest, paths
from lmmlab.formula.terms import Model
from lmmlab.study.simulate import LEAVING, RESPONSE, among, visits, within

if TYPE_CHECKING:
    from lmmlab.engine.relation import Relation
    from lmmlab.study.missingness import Dropout
    from lmmlab.study.shape import Shape

_FIRST_VISIT = 2  # people with and without a random slope share the draws of their visits


@dataclass(frozen=True, eq=False)
class Source:
    """One grouping factor with J levels.

    Attributes
    ----------
    factor : frozenset of str
        The columns that make it.
    codes : (n,) integer array
        The level of each row.
    Z : (n, q) array
        Its random columns.
    root : (q, q) array
        A root of G.
    relation : Relation or None
        How its levels are related.
    path : (J, d) integer array
        Where each level lies; see `lmmlab.study.simulate.within`.
    """

    factor: frozenset[str]
    codes: Ints
    Z: Floats
    root: Floats
    relation: Relation | None
    path: Ints

    def effects(self, seed: int, people: Shape, stream: int) -> Floats:
        """Draw the random effects (J, q) of its levels, in units of the root of G."""
        drawn = within(seed, self.path, self.Z.shape[1], stream)
        return among(self.relation, people.bend(drawn))

    def visited(self, seed: int, people: Shape, noise: Shape) -> tuple[Floats, Floats]:
        """Draw these, and the noise (n,) of each visit of its levels."""
        number, q = visits(self.codes), self.Z.shape[1]
        first = max(q, _FIRST_VISIT)
        drawn = within(seed, self.path, first + int(number.max()) + 1, RESPONSE)
        u = among(self.relation, people.bend(drawn[:, :q]))
        return u, noise.bend(drawn[self.codes, first + number])

    def stayed(self, seed: int, rule: Dropout, y: Floats, u: Floats) -> NDArray[np.bool_]:
        """Tell which responses (n,) are seen, where levels leave by a rule."""
        from lmmlab.study.missingness import observed

        number = visits(self.codes)
        chance = within(seed, self.path, int(number.max()) + 1, LEAVING)[self.codes, number]
        slope = u @ self.root[-1] if u.shape[1] > 1 else None
        return observed(rule, self.codes, y, chance, slope)


def sources(model: Model, made: Design, T: Floats) -> list[Source]:
    """Give the grouping factors in the order of the formula; T is a root of G of all terms.

    Without random effects there is one that has no columns of Z: the people whose residuals are
    correlated, or else each row by itself.
    """
    if not made.terms:
        correlation = None if made.residual is None else made.residual.correlation
        codes = np.arange(len(made.y)) if correlation is None else correlation.codes
        alone = frozenset[str]()
        [path] = paths([alone], [codes])
        nothing = np.empty((len(codes), 0))
        return [Source(alone, codes, nothing, np.empty((0, 0)), None, path)]
    known, named = factors(model), {":".join(p.group): frozenset(p.group) for p in model.random}
    of = {named[term.group]: k for k, term in enumerate(made.terms)}
    terms = [made.terms[of[factor]] for factor in known]
    places = [made.effects[of[factor]] for factor in known]
    lie = paths(known, [term.codes for term in terms])
    return [
        Source(factor, term.codes, term.Z, T[own, own], term.relation, path)
        for factor, term, own, path in zip(known, terms, places, lie, strict=True)
    ]


def innermost(known: Sequence[Source], leaving: bool) -> Source:
    """Give the factor to which rows belong; where people leave, the others must lie around it."""
    main = known[finest([one.factor for one in known])]
    if leaving and not all(one.factor <= main.factor for one in known):
        raise LMMError(
            "Who leaves is asked of people with visits, and these groups are crossed. Leave "
            "missing out, and take rows out of the table that comes back."
        )
    return main
