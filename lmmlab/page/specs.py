"""Which Python runs a kernel, and how it is started."""

from __future__ import annotations

import sys

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from traitlets import Bool

from lmmlab.page import provisioner


class ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs the server, for that one has lmmlab.

    A "python3" that another Python has registered for the user would otherwise come first.
    """

    kernel_dirs = []  # noqa: RUF012  (a trait's default)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel, told to report errors only: its remarks are not for students."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv.append("--log-level=ERROR")
        return spec


class LessonPython(ThisPython):
    """The same Python with what a lesson's page needs and no more, forked where it can be."""

    fork = Bool(config=True, help="Fork kernels from one warm Python.")

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel of a lesson; -P keeps the lessons' folder out of its imports."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv = [sys.executable, "-P", "-m", "lmmlab.page.kernel", "-f", "{connection_file}"]
        if self.fork:
            spec.metadata["kernel_provisioner"] = {"provisioner_name": provisioner.NAME}
        return spec
