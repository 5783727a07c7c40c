"""The palette as a style sheet: for the browser the same colours as for the figures.

Light and dark follow JupyterLab's attribute on the page's body where it exists, and what the
student's system prefers where it does not. Each role becomes a class that sets two variables:
``--mark`` for what is drawn, ``--text`` for letters about it.
"""

from __future__ import annotations

from lmmlab.picture.palette import LIGHT, THEMES, text_role


def sheet(root: str = ".lmm-bench") -> str:
    """Write the style sheet of all roles under one selector."""
    light, dark = (f"{{ color-scheme: {theme}; {_variables(theme)} }}" for theme in THEMES)
    rules = [
        f"{root} {light}",
        f"@media (prefers-color-scheme: dark) {{ {root} {dark} }}",
        f'body[data-jp-theme-light="true"] {root} {light}',
        f'body[data-jp-theme-light="false"] {root} {dark}',
    ]
    rules += [
        f"{root} .lmm-role-{_name(role)} "
        f"{{ --mark: var(--lmm-{_name(role)}); --text: var(--lmm-{_name(text_role(role))}) }}"
        for role in LIGHT
    ]
    return "\n".join(rules)


def _variables(theme: str) -> str:
    return "; ".join(f"--lmm-{_name(role)}: {hue}" for role, hue in THEMES[theme].items())


def _name(role: str) -> str:
    return role.replace(":", "-")
