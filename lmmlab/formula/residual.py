"""What a user says of residuals: `ar1`, `car1`, `compound_symmetry`, `unstructured`, `variances`.

These name columns and nothing else; `lmmlab.formula.structured` looks them up in a table. A
correlation and variances are combined by ``*``, since the covariance of two residuals is their
correlation times their sds.
"""

from __future__ import annotations

from dataclasses import dataclass

from lmmlab.engine.design import LMMError


@dataclass(frozen=True)
class Structure:
    """How residuals are related, by names of columns; made by `ar1` and the other verbs.

    Parameters
    ----------
    correlation : tuple of str
        A kind and its columns, ``("ar1", "t", "id")``; () for none.
    variances : tuple of str
        The factors whose levels have their own residual sds.
    """

    correlation: tuple[str, ...] = ()
    variances: tuple[str, ...] = ()

    def __mul__(self, other: object) -> Structure:
        if not isinstance(other, Structure):
            return NotImplemented
        if self.correlation and other.correlation:
            raise LMMError(
                f"{self!r} * {other!r} has two correlations, and residuals have one. A correlation "
                "can be multiplied by variances(...)."
            )
        factors = self.variances + other.variances
        if len(set(factors)) < len(factors):
            raise LMMError(f"{self!r} * {other!r} names a factor of the variances twice.")
        return Structure(self.correlation or other.correlation, factors)

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are named."""
        named = [*self.correlation[1:-1], *self.groups, *self.variances]
        return list(dict.fromkeys(named))

    @property
    def groups(self) -> list[str]:
        """The columns whose combinations are the groups of the correlation."""
        return self.correlation[-1].split(":") if self.correlation else []

    def __repr__(self) -> str:
        calls = [self.correlation] if self.correlation else []
        calls += [("variances", factor) for factor in self.variances]
        return " * ".join(f"{kind}({', '.join(map(quoted, names))})" for kind, *names in calls)


def ar1(time: str, group: str) -> Structure:
    """Let neighbouring residuals of a group correlate: rho between neighbours, rho**k k steps on.

    Parameters
    ----------
    time : str
        Column of whole numbers that count the occasions; some may be missing. If all gaps are
        multiples of 2, as in ages 8, 10, 12, a step is 2.
    group : str
        Column of the groups within which residuals correlate, such as ``"person"``; ``"a:b"`` are
        the combinations of two.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> structure = ar1("t", "id") * variances("arm")
    >>> model = lmm("y ~ t * arm + (1 | id)", load("ar1_panel"), residual=structure)
    >>> model.residual
                                    estimate
    residual correlation, t 1 apart   0.5378
    residual sd of arm b, over a      1.4719
    """
    return _structure("ar1", time, group)


def car1(time: str, group: str) -> Structure:
    """Let residuals of a group correlate by rho**(time between them), at any times.

    Parameters
    ----------
    time : str
        Column of times, which need not be equally spaced. rho, between 0 and 1, is the correlation
        one unit of it apart; or 0.001, 1e+06 or so of them, as is told, where the median gap is
        below 0.01 or from 1000 on.
    group : str
        Column of the groups within which residuals correlate.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> model = lmm("y ~ time * group", load("irregular"), residual=car1("time", "id"))
    >>> model.residual_intervals()
                                       estimate    lower    upper
    residual correlation, time 1 apart   0.8925  0.85948  0.91813
    """
    return _structure("car1", time, group)


def compound_symmetry(group: str) -> Structure:
    """Let any two residuals of a group correlate equally, negatively too.

    Parameters
    ----------
    group : str
        Column of the groups within which residuals correlate. With m rows at most in a group the
        correlation lies above -1 / (m - 1).

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Notes
    -----
    A random intercept says the same of positive correlations, so the two cannot be told apart.

    Examples
    --------
    Partners who push each other apart, which a random intercept cannot show:

    >>> from lmmlab import lmm, load
    >>> formula, couples = "y ~ role * (actor_x + partner_x)", load("apim_negative")
    >>> round(float(lmm(formula, couples, residual=compound_symmetry("dyad")).residual[0]), 2)
    -0.28
    """
    return _structure("compound_symmetry", group)


def unstructured(occasion: str, group: str) -> Structure:
    """Let any two occasions have a correlation of their own.

    Parameters
    ----------
    occasion : str
        Column of the occasions, numbers or categories, which groups share.
    group : str
        Column of the groups within which residuals correlate.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``.

    Notes
    -----
    These are correlations only (nlme's corSymm): all residuals have the same sd. For a covariance
    matrix without any structure write ``unstructured("age", "child") * variances("age")``.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> structure = unstructured("age", "Subject") * variances("age")
    >>> model = lmm("distance ~ age * Sex", load("orthodont"), residual=structure)
    >>> model.R("M01")
             8      10      12      14
    8   5.4252  2.7092  3.8411  2.7151
    10  2.7092  4.1906  2.9745  3.3137
    12  3.8411  2.9745  6.2632  4.1332
    14  2.7151  3.3137  4.1332  4.9862
    """
    return _structure("unstructured", occasion, group)


def variances(factor: str) -> Structure:
    """Let each level of a factor have a residual sd of its own.

    Parameters
    ----------
    factor : str
        Column of categories or numbers. sigma is the sd of the first level; the others are told as
        ratios to it.

    Returns
    -------
    Structure
        For ``lmm(..., residual=...)``, alone or multiplied by a correlation.

    Examples
    --------
    >>> from lmmlab import lmm, load
    >>> data = load("orthodont")
    >>> model = lmm("distance ~ age * Sex + (1 | Subject)", data, residual=variances("Sex"))
    >>> round(float(model.residual[0]), 3)  # girls over boys
    0.468
    """
    return Structure(variances=_names("variances", factor))


def _structure(kind: str, *names: str) -> Structure:
    return Structure(correlation=(kind, *_names(kind, *names)))


def _names(kind: str, *names: object) -> tuple[str, ...]:
    told = tuple(name for name in names if isinstance(name, str) and name)
    if len(told) < len(names):
        raise LMMError(
            f"{kind}() takes names of columns, in quotes; this is {kind}"
            f"({', '.join(map(quoted, names))})."
        )
    return told


def quoted(name: object) -> str:
    """Write the name of a column as Python does."""
    return f'"{name}"' if isinstance(name, str) else repr(name)


def require_structure(structure: object) -> None:
    """Refuse what is no residual structure."""
    if structure is not None and not isinstance(structure, Structure):
        raise LMMError(
            'residual must be a structure such as ar1("t", "id"), car1("time", "id"), '
            'compound_symmetry("dyad"), unstructured("age", "child") or variances("arm"), or a '
            f"product of a correlation and variances; this is {structure!r}."
        )
