"""The kernel of a lesson's page: ipykernel without what no page uses."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import Any, ClassVar

from ipykernel import ipkernel
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

# To import these fails from now on, and who would like to have them does without: the debugger (a
# quarter of all that a kernel imports), statistics of the machine, guesses at a text's encoding.
sys.modules.update(dict.fromkeys(["debugpy", "psutil", "charset_normalizer"]))  # type: ignore[arg-type]


class _NothingImported:
    """Python's `sys`, as it would be if nothing had been imported."""

    modules: ClassVar[dict[str, ModuleType]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


class PageKernelApp(IPKernelApp):
    """The application of a kernel that nobody debugs, and for which nobody has settings."""

    def parse_command_line(self, argv: Any = None) -> None:
        """Read nothing: to list all that could be said takes more than what is said."""

    def load_config_file(self, suppress_errors: Any = None) -> None:
        """Read nothing: what a user has set in IPython is for notebooks of their own."""

    def init_pdb(self) -> None:
        """Leave Python's own debugger as it is."""

    def init_code(self) -> None:
        """Run nothing before the page."""

    def init_kernel(self) -> None:
        """Create the kernel.

        For its debugger it would write down the file of each module that is imported. To touch
        1,500 modules makes a fork copy the memory that they lie in: 7 MB for nothing.
        """
        ipkernel.sys = _NothingImported()
        try:
            super().init_kernel()
        finally:
            ipkernel.sys = sys


def kernel(connection_file: str, **more: Any) -> IPKernelApp:
    """Return the application of a kernel, ready to start.

    Its remarks are not for students. A page has no history, so it need not open a database.

    Parameters
    ----------
    connection_file : str
        Path of the file that says where the kernel listens.
    **more
        Traits of the application.
    """
    app = PageKernelApp.instance(
        connection_file=connection_file,
        config=Config(HistoryManager={"enabled": False}),
        log_level=logging.ERROR,
        **more,
    )
    app.initialize([])
    return app


if __name__ == "__main__":
    kernel(sys.argv[sys.argv.index("-f") + 1]).start()
