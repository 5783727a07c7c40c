"""Benchmarks run with one BLAS thread, and print the peers' times beside ours.

``pytest tests/benchmarks --benchmark-only --docs`` also writes them into docs/speed.md.
"""

import os
import time
import warnings
from pathlib import Path

import pytest

for library in ("OPENBLAS", "OMP", "MKL"):  # read when NumPy is loaded, which is later
    os.environ[f"{library}_NUM_THREADS"] = "1"

DOCS = Path(__file__).parents[2] / "docs" / "speed.md"

collect_ignore = ["binder.py", "live.py", "wasm.py"]  # scripts, each with a command of its own
START, END = "<!-- speed: start -->\n", "<!-- speed: end -->\n"
ROWS = pytest.StashKey[list[tuple[str, str, str, str]]]()


def pytest_addoption(parser):
    parser.addoption("--docs", action="store_true", help="write the times into docs/speed.md")


@pytest.fixture
def beside(benchmark, request):
    """A function that keeps a target and the peers' times, in ms, to be shown beside ours.

    What the benchmark runs holds `each` of the things whose time is told.
    """
    rows = request.config.stash.setdefault(ROWS, [])

    def keep(target, each=1, **peers):
        benchmark.extra_info.update(target_ms=target, **peers)
        what = request.node.name.removeprefix("test_").replace("_", " ").replace("[", ": ")
        what = what.removesuffix("]").replace("-None", "").replace("|", "\\|")
        others = ", ".join(
            f"{name.replace('_', ' ')} {value if isinstance(value, str) else f'{value:g}'}"
            for name, value in peers.items()
        )
        ours = 1e3 * benchmark.stats.stats.min / each
        rows.append((what, f"{ours:.2f}", f"{target:g}", others))

    return keep


@pytest.fixture(scope="session")
def statsmodels_ms():
    """What statsmodels takes for the sleep study with random slopes, now and here, in ms."""
    import numpy as np
    from statsmodels.regression.mixed_linear_model import MixedLM

    from lmmlab.data import arrays

    table = arrays("sleepstudy")
    X = np.column_stack([np.ones(180), table["Days"]])

    def once():
        start = time.perf_counter()
        MixedLM(table["Reaction"], X, table["Subject"], exog_re=X).fit(reml=True)
        return 1e3 * (time.perf_counter() - start)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return min(once() for _ in range(8))


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash.get(ROWS, [])
    for what, ours, target, others in rows:
        terminalreporter.write_line(f"{what}: {ours} ms (target {target}); {others}")
    if config.getoption("--docs") and rows:
        table = ["| what | ms | target | beside |", "|---|--:|--:|---|"]
        table += [f"| {' | '.join(row)} |" for row in rows]
        before, rest = DOCS.read_text().split(START)
        DOCS.write_text(before + START + "\n".join(table) + "\n" + END + rest.split(END)[1])
