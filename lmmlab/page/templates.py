"""Templates: compiled once, not for every page."""

from __future__ import annotations

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from voila import notebook_renderer
from voila.exporter import VoilaExporter


class _Memory(BytecodeCache):
    """Keeps what templates are compiled to; jinja2 looks whether one has changed since."""

    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key] = bucket.bytecode_to_string()


_MEMORY = _Memory()


class CompiledOnce(VoilaExporter):
    """Voila makes an exporter for every page, and each would compile the templates anew."""

    @property
    def environment(self) -> Environment:
        """The environment of templates, which remembers."""
        environment = super().environment
        environment.bytecode_cache = _MEMORY
        return environment


def compile_once() -> None:
    """Let Voila's pages share what they compile."""
    notebook_renderer.VoilaExporter = CompiledOnce
