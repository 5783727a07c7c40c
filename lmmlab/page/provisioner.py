"""Kernels forked from one warm Python: quick to start, and small.

A provisioner is Jupyter's supported way to say how a kernel's process comes about. This one asks
the standard library's fork server (`multiprocessing`), a process of its own with one thread that
has imported `lmmlab.page.warm`. It also waits for its children, so none stays as a zombie. The
rest, ports, signals, restarts, is Jupyter's own local provisioner.

Who ends whom: a kernel ends with the server (see `run`) and with the fork server
(ipykernel watches its parent); the fork server ends when the server and all kernels have ended.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import forkserver
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

NAME = "lmmlab-forked"
"""As the entry point in ``pyproject.toml`` names it."""

POSSIBLE = sys.platform == "linux"
"""macOS has a fork, too, but its own libraries do not bear it."""


def warm_up() -> None:
    """Start the process that kernels are forked from, if it does not run; does not wait for it."""
    multiprocessing.set_forkserver_preload(["lmmlab.page.warm"])
    forkserver.ensure_running()


def run(task: str) -> None:
    """Be a kernel: what the forked process does, from its first to its last moment.

    Parameters
    ----------
    task : str
        Connection file, environment and folder as JSON. An object would bring along, when the fork
        unpickles it, the modules of its class: the names in Voila's environment are an enum's.
    """
    import atexit

    import ipywidgets
    import numpy as np

    from lmmlab.page.kernel import kernel

    connection_file, environment, folder = json.loads(task)
    os.setsid()  # an interrupt reaches the kernel and what it has started, nobody else
    os.environ.clear()
    os.environ.update(environment, JPY_PARENT_PID=str(os.getppid()))
    os.chdir(folder)
    # All forks would else draw the same. (Python's own random sees to it itself.)
    np.random.seed()  # noqa: NPY002
    multiprocessing.current_process().daemon = False  # or it could not have processes of its own
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    app = kernel(connection_file, parent_handle=os.getppid())
    ipywidgets.load_ipython_extension(app.shell)  # when it was imported there was no kernel yet
    app.start()
    atexit._run_exitfuncs()  # a forked process ends without


def _end_with_the_server() -> None:
    server = multiprocessing.parent_process()
    assert server is not None
    server.join()
    os._exit(1)


class Forked:
    """A forked process, as Jupyter's local provisioner wants one: like `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, task: str) -> None:
        # A daemon: it is ended with the server, which does not wait for it.
        context = multiprocessing.get_context("forkserver")
        self._process = context.Process(target=run, args=(task,), daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for the end, and forget the process."""
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended: its number may be another's by now."""
        if self.poll() is None and self.pid is not None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)


class ForkingProvisioner(LocalProvisioner):
    """Starts kernels by forking; everything else is Jupyter's own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel that listens where the command says."""
        warm_up()
        connection_file = cmd[cmd.index("-f") + 1]
        folder = kwargs.get("cwd") or os.getcwd()
        task = json.dumps([connection_file, kwargs["env"], str(folder)])
        self.process = await asyncio.to_thread(Forked, task)  # the fork server may be warming up
        self.pid = self.pgid = self.process.pid
        self.cwd = folder
        return self.connection_info
