"""Which colour means what, on light paper and in the dark: the one place for both renderers.

Two kinds of names. Surfaces and writing: ``paper`` (the page), ``card`` (what a picture stands
on), ``ink`` and ``soft`` (text and quiet text), ``rule`` and ``grid`` (hairlines), ``good`` and
``bad`` (an answer, a message). Roles: what a mark or a word stands for, see `marks`.

A colour is kept for its meaning: each parameter has its own wherever it appears, one more
belongs to the person who is followed, all other things are grey, blue or ink. The colours are
far enough apart for people who do not see red, green or blue (tested with simulated vision), and
no meaning rests on colour alone: the person is also bolder, own lines are dashed, lines carry
their names. Text reaches a contrast of 4.5 to 1 on card and paper, marks reach 3 to 1.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#fbfaf7",
    "card": "#ffffff",
    "ink": "#1d2433",
    "soft": "#5b6475",
    "rule": "#e4e1d9",
    "grid": "#eeebe3",
    "good": "#006648",
    "bad": "#a8231c",
    "own": "#868e9c",
    "guide": "#868e9c",
    "model": "#3c6e9f",
    "population": "#1d2433",
    "person": "#996700",
    "truth": "#663eb5",
    "parameter:tau0": "#0f77b8",
    "parameter:tau1": "#a02c00",
    "parameter:tau2": "#69783a",
    "parameter:rho": "#a8457f",
    "parameter:sigma": "#006648",
    "parameter:beta": "#1d2433",
    "parameter:within": "#740a18",
    "parameter:between": "#9a10e0",
}
DARK = {
    "paper": "#14171d",
    "card": "#1b2028",
    "ink": "#e8ebf1",
    "soft": "#a4adbd",
    "rule": "#2c333f",
    "grid": "#262c36",
    "good": "#4cc9a3",
    "bad": "#ff7a7f",
    "own": "#747d8d",
    "guide": "#747d8d",
    "model": "#7fb2e0",
    "population": "#f2f4f8",
    "person": "#ffd34a",
    "truth": "#a99bff",
    "parameter:tau0": "#4a97cc",
    "parameter:tau1": "#ff9448",
    "parameter:tau2": "#aef28c",
    "parameter:rho": "#f3a3d4",
    "parameter:sigma": "#4cc9a3",
    "parameter:beta": "#f2f4f8",
    "parameter:within": "#f06060",
    "parameter:between": "#b060f8",
}
THEMES = {"light": LIGHT, "dark": DARK}

FILL = 0.16
"""Opacity of a filled area (a band, a bar) in the colour of its role."""

_QUIET = frozenset({"own", "guide"})


def colour(role: str, theme: str = "light") -> str:
    """Give the colour of a role, or of a surface, as ``#rrggbb``.

    Raises
    ------
    ValueError
        If the theme or the role is unknown.

    Examples
    --------
    >>> colour("person"), colour("person", "dark")
    ('#996700', '#ffd34a')
    """
    if theme not in THEMES:
        raise ValueError(f"The theme is {theme!r}; it can be 'light' or 'dark'.")
    if role not in THEMES[theme]:
        raise ValueError(f"No colour is known for the role {role!r}; known are {list(LIGHT)}.")
    return THEMES[theme][role]


def text_role(role: str) -> str:
    """Give the name whose colour writes about a role: quiet marks are too pale for letters.

    Examples
    --------
    >>> text_role("person"), text_role("guide"), text_role("")
    ('person', 'soft', 'ink')
    """
    if not role:
        return "ink"
    return "soft" if role in _QUIET else role
