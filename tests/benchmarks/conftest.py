"""Benchmarks run with one BLAS thread, and print the peers' times beside ours."""

import os

import pytest

for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy is loaded, which is later
    os.environ[f"{library}_NUM_THREADS"] = "1"

LINES = pytest.StashKey[list[str]]()


@pytest.fixture
def beside(benchmark, request):
    """A function that keeps a target and the peers' times, in ms, to be shown beside ours."""
    lines = request.config.stash.setdefault(LINES, [])

    def keep(target, **peers):
        benchmark.extra_info.update(target_ms=target, **peers)
        ours = 1e3 * benchmark.stats.stats.min
        others = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in peers.items())
        lines.append(f"{request.node.name}: {ours:.2f} ms (target {target:g}); {others}")

    return keep


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(LINES, []):
        terminalreporter.write_line(line)
