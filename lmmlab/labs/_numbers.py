"""How numbers are written in the sentences of labs."""

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


def percent(value: float) -> str:
    r"""Write a rate; number and sign stay on one line.

    Examples
    --------
    >>> percent(0.2151)
    '21.5\xa0%'
    """
    return f"{100.0 * value:.1f}\N{NO-BREAK SPACE}%"
