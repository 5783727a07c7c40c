"""The kernel of a lesson's page: ipykernel without what no page uses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipykernel.kernelapp import IPKernelApp

LEAN = ("--log-level=ERROR", "--HistoryManager.enabled=False")
"""Its remarks are not for students; a page has no history, so it need not open a database."""


def kernel(arguments: Sequence[str], **more: Any) -> IPKernelApp:
    """Return the application of a kernel, ready to start.

    Parameters
    ----------
    arguments : sequence of str
        As ``python -m ipykernel_launcher`` takes them.
    **more
        Traits of the application that are no arguments.
    """
    # Nobody debugs a page, and the debugger is a quarter of all that a kernel imports. To import
    # it fails from now on, and ipykernel does without.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(**more)
    app.initialize([*arguments, *LEAN])
    return app


if __name__ == "__main__":
    kernel(sys.argv[1:]).start()
