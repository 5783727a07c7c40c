"""Data from a truth: the same people, deformed.

Chance enters once, as standard normals, and everything else is arithmetic on them. So a slider
that changes tau, rho, sigma or the number of visits deforms the people that are there instead of
replacing them, and two pictures differ by what was changed and by nothing else (common random
numbers).
"""

from __future__ import annotations

import numpy as np

from lmmlab.engine.design import Floats, Ints, LMMError
from lmmlab.engine.relation import Relation

_BLOCK = 32  # numbers that are drawn together for one person
RESPONSE, SIZES, TIMES, BETWEEN, WITHIN, LEAVING = range(6)  # independent streams of one seed
OTHERS = 6  # and from here on one for each other grouping factor


def normals(seed: int, people: int, width: int, stream: int | tuple[int, ...] = RESPONSE) -> Floats:
    """Draw standard normals that stay with their person.

    Parameters
    ----------
    seed : int
        Not negative; another seed gives other people.
    people : int
        Number of rows.
    width : int
        Numbers for each person, for example two for the random effects and one for each visit.
    stream : int or tuple of int
        Streams of the same seed are independent: one is for what is measured (0), others are for
        the layout and for who leaves. A tuple is a stream of its own for each of its values.

    Returns
    -------
    (people, width) array
        Row j is the same whatever `people` is, and column k whatever `width` is.

    Raises
    ------
    LMMError
        If the seed is negative.

    Notes
    -----
    The layout is fixed: numbers 0 to 31 of all people come person by person from the stream
    (seed, 0), numbers 32 to 63 from the stream (seed, 1), and so on; the streams other than 0
    are NumPy's spawned ones (``SeedSequence.spawn_key``).

    Examples
    --------
    >>> few, many = normals(1, 3, 4), normals(1, 30, 40)
    >>> bool((few == many[:3, :4]).all())
    True
    """
    if seed < 0:
        raise LMMError(f"The seed is {seed}. Take a whole number from 0 on.")
    spawned = stream if isinstance(stream, tuple) else (stream,) if stream else ()
    drawn = np.empty((people, width))
    for block, start in enumerate(range(0, width, _BLOCK)):
        seeds = np.random.SeedSequence([seed, block], spawn_key=spawned)
        part = drawn[:, start : start + _BLOCK]
        part[:] = np.random.default_rng(seeds).standard_normal((people, _BLOCK))[:, : part.shape[1]]
    return drawn


def within(seed: int, path: Ints, width: int, stream: int = RESPONSE) -> Floats:
    """Draw standard normals for levels that lie within those of other factors.

    Parameters
    ----------
    seed : int
    path : (J, d) integer array
        Where each level lies: the number of its school, that of its class within this school, and
        so on, from 0. With d = 1 these are the people of `normals`.
    width, stream : int
        See `normals`.

    Returns
    -------
    (J, width) array
        A row depends on the path of its level alone: the third class of a school keeps its draws
        when there are more schools, or more classes in each.

    Examples
    --------
    >>> few = within(1, np.array([[0, 0], [0, 1], [1, 0]]), 2)
    >>> many = within(1, np.array([[0, 0], [0, 1], [0, 2], [1, 0]]), 2)
    >>> bool((few == many[[0, 1, 3]]).all())
    True
    """
    number = path[:, -1]
    if path.shape[1] == 1:
        return normals(seed, int(number.max()) + 1, width, stream)[number]
    outer, place = np.unique(path[:, :-1], axis=0, return_inverse=True)
    drawn = np.empty((len(path), width))
    place = place.ravel()  # NumPy 2.0 gives a column
    order = np.argsort(place, kind="stable")
    for key, own in zip(outer, np.split(order, np.cumsum(np.bincount(place))[:-1]), strict=True):
        one = normals(seed, int(number[own].max()) + 1, width, (stream, *map(int, key)))
        drawn[own] = one[number[own]]
    return drawn


def exact_moments(u: Floats) -> Floats:
    """Shift and stretch draws so that their mean is 0 and their covariance is exactly I.

    Parameters
    ----------
    u : (J, q) array
        Standard normals, one row for each person.

    Returns
    -------
    (J, q) array
        Column means 0, sample covariance (divisor J - 1) the identity. The first columns do not
        depend on the later ones.

    Raises
    ------
    LMMError
        If there are no more than q people, or they do not vary in q directions.

    Notes
    -----
    With random effects made from these draws, the people in the picture have exactly the G that
    the sliders say. Their estimates still vary, by the noise of the visits.

    Examples
    --------
    >>> u = exact_moments(normals(1, 10, 2))
    >>> bool(np.allclose(np.cov(u.T), np.eye(2)))
    True
    """
    people, q = u.shape
    if people > q:
        basis, back = np.linalg.qr(u - u.mean(0))
        if np.abs(back.diagonal()).min() > 1e-10:
            exact: Floats = basis * np.copysign(np.sqrt(people - 1.0), back.diagonal())
            return exact
    raise LMMError(
        f"{people} people cannot have exact means and covariances of {q} random effects. "
        f"Take at least {q + 1} people, or switch the exact moments off."
    )


def root(sd: Floats, corr: Floats | float = 0.0) -> Floats:
    """Write out the lower-triangular root of G from standard deviations and correlations.

    Parameters
    ----------
    sd : (q,) array
        Standard deviations tau of the random effects; they may be 0.
    corr : (q, q) array or float
        Correlations rho; they may be 1 or -1. A number stands for all pairs.

    Returns
    -------
    (q, q) array
        T, lower triangular, with G = TT'.

    Raises
    ------
    LMMError
        If an sd is negative or no variables can have these correlations.

    Notes
    -----
    For q = 2 it is ((tau0, 0), (rho tau1, sqrt(1 - rho**2) tau1)). Taken from sd and corr, and not
    from G, it is continuous up to tau = 0 and rho = 1 or -1, where G is singular and a Cholesky
    routine fails.

    Examples
    --------
    >>> root([3.0, 2.0], -1.0).tolist()
    [[3.0, 0.0], [-2.0, 0.0]]
    """
    sd = np.asarray(sd, dtype=float)
    q = len(sd)
    corr = np.array(np.broadcast_to(corr, (q, q)), dtype=float)
    np.fill_diagonal(corr, 1.0)
    T = np.zeros((q, q))
    for k in range(q):  # Cholesky's rows, a pivot of 0 allowed
        pivot = corr[k, k] - T[k] @ T[k]
        T[k, k] = np.sqrt(max(pivot, 0.0))
        rest = corr[k + 1 :, k] - T[k + 1 :] @ T[k]
        if T[k, k] > 0:
            T[k + 1 :, k] = rest / T[k, k]
    if (
        not (np.isfinite(sd) & (sd >= 0)).all()
        or not np.abs(T @ T.T - corr).max(initial=0.0) < 1e-10
    ):
        raise LMMError(
            f"No random effects have standard deviations {sd.tolist()} and correlations "
            f"{corr.tolist()}. An sd must not be negative, a correlation must lie between -1 and "
            "1, and the correlations must fit together."
        )
    return sd[:, None] * T


def response(
    X: Floats,
    Z: Floats,
    codes: Ints,
    beta: Floats,
    T: Floats,
    sigma: float | Floats,
    u: Floats,
    e: Floats,
) -> Floats:
    """Turn standard normals into a response: y = X beta + Z b + sigma e with b = T u.

    Parameters
    ----------
    X : (n, p) array
    Z : (n, q) array
    codes : (n,) integer array
        The person of each row.
    beta : (p,) array
        Fixed effects.
    T : (q, q) array
        A root of G, see `root`.
    sigma : float or (n,) array
        Residual sd.
    u : (..., J, q) array
        Standard normals of the people; leading axes are repetitions of the study.
    e : (..., n) array
        Standard normals of the rows.

    Returns
    -------
    (..., n) array

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0.0, 1.0, 0.0, 1.0]])
    >>> codes, u, e = np.array([0, 0, 1, 1]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(4)
    >>> response(X, X, codes, np.array([10.0, 1.0]), root([2.0, 0.5]), 1.0, u, e).tolist()
    [12.0, 13.0, 10.0, 11.5]
    """
    y: Floats = np.empty(np.broadcast_shapes(np.shape(e), (*np.shape(u)[:-2], 1)))
    np.multiply(sigma, e, out=y)
    y += X @ beta
    add_effects(y, Z, codes, T, u)
    return y


def add_effects(y: Floats, Z: Floats, codes: Ints, T: Floats, u: Floats) -> None:
    """Add Z b with b = T u to y (..., n), in place; see `response`."""
    b = np.asarray(u) @ T.T
    for k in range(Z.shape[1]):  # in place: three times as fast as one product for all columns
        between = np.take(b[..., k], codes, axis=-1)
        between *= Z[:, k]
        y += between


def among(known: Relation | None, u: Floats) -> Floats:
    """Turn standard normals (..., J, q) of levels into those of related ones, L u with K = L L'.

    Notes
    -----
    L is the symmetric root of K, which is not far from I where relatives are few: each level stays
    by and large who it is.

    Examples
    --------
    >>> from lmmlab.engine.relation import relation
    >>> twins = relation(np.ones((2, 2)))
    >>> among(twins, np.array([[1.0], [0.0]])).round(4).tolist()
    [[0.7071], [0.7071]]
    """
    if known is None:
        return u
    related: Floats = (known.root @ known.axes.T) @ u
    return related


def visits(codes: Ints) -> Ints:
    """Count the rows of each person, from 0, in the order in which they stand.

    So that ``e[codes, visits(codes)]`` gives each row its own number when `e` has a row for each
    person.

    Examples
    --------
    >>> visits(np.array([0, 1, 0, 0, 1])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(codes, kind="stable")
    size = np.bincount(codes)
    number = np.empty_like(order)
    number[order] = np.arange(len(codes)) - np.repeat(np.cumsum(size) - size, size)
    return number
