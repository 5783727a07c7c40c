"""How numbers are written in the pictures and sentences of labs.

A minus is a real one, and zero has none. A number, its unit and its percent sign stay on one line.
"""

from __future__ import annotations


def corr(value: float, digits: int = 2) -> str:
    """Write a correlation or a share without the zero before the point.

    Examples
    --------
    >>> corr(0.692), corr(-0.0126), corr(-0.001), corr(1.0), corr(0.0385, 3)
    ('.69', '−.01', '.00', '1.00', '.038')
    """
    text = f"{abs(value):.{digits}f}"
    sign = "−" if value < 0.0 and float(text) > 0.0 else ""
    return sign + (text[1:] if text.startswith("0") else text)


def number(value: float) -> str:
    """Write a number of things: one digit more below 10.

    Examples
    --------
    >>> number(81.49), number(3600), number(2.86), number(2.0)
    ('81', '3,600', '2.9', '2')
    """
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def decimal(value: float, digits: int, *, signed: bool = False) -> str:
    """Write a number with so many digits after the point; `signed` with a plus, too.

    Examples
    --------
    >>> decimal(-2.754, 2), decimal(-0.0001, 3), decimal(0.41, 2, signed=True)
    ('−2.75', '0.000', '+0.41')
    >>> decimal(0.0, 2, signed=True)
    '0.00'
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0.0:
        return text
    return ("−" if value < 0.0 else "+" if signed else "") + text


def signed(value: float) -> str:
    """Write a correlation that may be of either sign.

    Examples
    --------
    >>> signed(0.41), signed(-0.6), signed(0.001)
    ('+0.41', '−0.60', '0.00')
    """
    return decimal(value, 2, signed=True)


def slope(value: float) -> str:
    """Write a slope with its sign and two digits, one from 10 on.

    Examples
    --------
    >>> slope(25.0), slope(-40.0), slope(-0.8), slope(0.0)
    ('+25.0', '−40.0', '−0.80', '0.00')
    """
    return decimal(value, 1 if abs(value) >= 9.995 else 2, signed=True)


def error(value: float) -> str:
    """Write a standard error with the digits that it needs.

    Examples
    --------
    >>> error(0.0839), error(1.5458), error(17.11)
    ('0.084', '1.55', '17.1')
    """
    return decimal(value, 3 if value < 0.5 else 2 if value < 9.995 else 1)


def percent(value: float, digits: int | None = 1) -> str:
    r"""Write a rate; without `digits` a digit after the point is kept below 10 per cent only.

    Examples
    --------
    >>> percent(0.2151), percent(0.69, 0)
    ('21.5\xa0%', '69\xa0%')
    >>> percent(0.0228, None), percent(0.1587, None)
    ('2.3\xa0%', '16\xa0%')
    """
    if digits is None:
        digits = 1 if value < 0.0995 else 0
    return f"{100.0 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def ms(value: float) -> str:
    r"""Write milliseconds.

    Examples
    --------
    >>> ms(14.78)
    '14.8\xa0ms'
    """
    return f"{decimal(value, 1)}\N{NO-BREAK SPACE}ms"
