"""What several folders of tests need: an independent engine, servers that end, a real browser."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from hypothesis import settings
from scipy.linalg import block_diag

from lmmlab.engine.covariance import factor
from lmmlab.engine.design import grouped

# The same examples everywhere, and no test fails because a machine is slow.
settings.register_profile("lmmlab", derandomize=True, deadline=None)
settings.load_profile("lmmlab")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Say how tests are shared between workers: a module that shares something stays in one piece.

    The largest such modules come first; all other tests come last, one by one, and fill gaps. (Not
    by ``--dist loadgroup``, which xdist 3.8 silently does not do with pytest 9.2, its issue 1386.)
    """
    from xdist.scheduler import LoadScopeScheduling

    @functools.cache
    def shares(module):
        text = (config.rootpath / module).read_text("utf-8")
        return "mark.browser" in text or 'scope="module"' in text

    class ByModule(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            module = nodeid.partition("::")[0]
            return module if shares(module) else nodeid

    return ByModule(config, log)


@pytest.fixture(scope="session")
def dense():
    """A function that solves a design at one theta (and sigma) by inverting V."""

    def solved(design, theta, reml=True, sigma=None):
        y, X, (term,) = design.y, design.X, design.terms
        n, p = X.shape
        w = np.ones(n) if design.weights is None else design.weights
        Z = (term.Z[:, None] * np.eye(len(term.levels))[term.codes][:, :, None]).reshape(n, -1)
        D = np.kron(np.eye(len(term.levels)), factor(theta, term.blocks))
        D = D @ D.T
        V = Z @ D @ Z.T + np.diag(1 / w)
        inverse_X, inverse_y = np.hsplit(np.linalg.solve(V, np.column_stack([X, y])), [p])
        information = X.T @ inverse_X
        beta = np.linalg.solve(information, X.T @ inverse_y[:, 0])
        left = inverse_y[:, 0] - inverse_X @ beta
        r2, df = left @ (y - X @ beta), n - reml * p
        s2 = r2 / df if sigma is None else sigma**2
        criterion = np.linalg.slogdet(V)[1] + df * np.log(2 * np.pi * s2) + r2 / s2
        criterion += reml * np.linalg.slogdet(information)[1]
        shape = (len(term.levels), term.Z.shape[1])

        def b_sd():  # the dearest part, which few ask for
            given = D - D @ Z.T @ np.linalg.solve(V, Z @ D)
            return np.sqrt(s2 * np.maximum(np.diag(given), 0)).reshape(shape)

        return SimpleNamespace(
            criterion=criterion,
            beta=beta,
            vcov=s2 * np.linalg.inv(information),
            sigma=np.sqrt(s2),
            b=(D @ Z.T @ left).reshape(shape),
            b_sd=b_sd,
        )

    return solved


@pytest.fixture(scope="session")
def written_out():
    """A function that solves a design, related levels or not, at one theta, by inverting V."""

    def solved(design, theta, reml=True, sigma=None):
        y, X = design.y, design.X
        n, p = X.shape
        Zs, Ds = [], []
        for term, own in zip(design.terms, design.effects, strict=True):
            Lambda = factor(theta, design.blocks)[own, own]
            J = len(term.levels)
            kin = np.eye(J) if term.relation is None else term.relation.root @ term.relation.root.T
            Ds.append(np.kron(kin, Lambda @ Lambda.T))
            spread = term.Z[:, None] * np.eye(J)[term.codes][:, :, None]
            Zs.append(spread.reshape(n, -1))
        Z, D = np.hstack(Zs), block_diag(*Ds)
        V = Z @ D @ Z.T + np.diag(1.0 / design.row_weights)
        inverse = np.linalg.inv(V)
        information = X.T @ inverse @ X
        beta = np.linalg.solve(information, X.T @ inverse @ y)
        left = inverse @ (y - X @ beta)
        r2, df = left @ (y - X @ beta), n - reml * p
        s2 = r2 / df if sigma is None else sigma**2
        criterion = np.linalg.slogdet(V)[1] + df * np.log(2 * np.pi * s2) + r2 / s2
        criterion += reml * np.linalg.slogdet(information)[1]
        P = inverse - inverse @ X @ np.linalg.solve(information, X.T @ inverse)
        return SimpleNamespace(
            criterion=criterion,
            beta=beta,
            vcov=s2 * np.linalg.inv(information),
            sigma=np.sqrt(s2),
            V=V,
            b=D @ Z.T @ left,
            b_sd=np.sqrt(s2 * np.maximum(np.diag(D - D @ Z.T @ inverse @ Z @ D), 0.0)),
            # of the error of b, beta estimated, and its covariance with that of beta
            b_error=s2 * (D - D @ Z.T @ P @ Z @ D),
            with_beta=-s2 * D @ Z.T @ inverse @ X @ np.linalg.inv(information),
        )

    return solved


@pytest.fixture(scope="session")
def kin():
    """A function that makes a matrix of relationship at random, of some rank."""

    def make(seed, J, rank=None):
        W = np.random.default_rng(seed).standard_normal((J, rank or J + 3))
        return W @ W.T / W.shape[1]

    return make


@pytest.fixture(scope="session")
def made():
    """A function that makes a random design with unbalanced groups, some with a single row."""

    def make(seed, p=2, q=2, groups=8, weights=False, blocks=None, spread=1.0, rows=9):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, rows, groups)
        sizes[rng.integers(groups)] += groups * q + p + 2 - min(sizes.sum(), groups * q)
        codes = rng.permutation(np.repeat(np.arange(groups), sizes))
        n = len(codes)
        own = np.column_stack([np.ones(n), rng.standard_normal((n, 4)) + rng.uniform(-3, 3, 4)])
        X, Z = own[:, :p], own[:, :q]
        if p > 2 and rng.random() < 0.5:
            X = np.column_stack([X[:, :-1], rng.standard_normal(groups)[codes]])
        b = spread * rng.standard_normal((groups, q)) * (rng.random(q) < 0.8)
        y = 3.0 + (Z * b[codes]).sum(1) + rng.standard_normal(n)
        w = rng.uniform(0.3, 3.0, n) if weights else None
        return grouped(y, X, Z, codes, blocks=blocks, weights=w)

    return make


@pytest.fixture(scope="session")
def free_port():
    """A function that returns a port nobody listens on."""

    def port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return port


@pytest.fixture(scope="session")
def start_server():
    """A function that starts a command, waits until `url` answers, and returns the process.

    Everything that was started is stopped at the end of the session, kernels included.
    """
    started = []

    def start(command, url, seconds=60, **options):
        log = tempfile.TemporaryFile("w+")
        process = psutil.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
        started.append((process, log))
        until = time.monotonic() + seconds
        while time.monotonic() < until and process.poll() is None:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                return process
            except urllib.error.HTTPError as answer:
                answer.close()
                return process
            except OSError:
                time.sleep(0.05)
        log.seek(0)
        pytest.fail(f"{command} does not answer at {url}:\n{log.read()}")

    yield start
    stop([process for process, _ in started])
    for _, log in started:
        log.close()


def stop(processes: list[psutil.Popen]) -> None:
    """Ask servers and their kernels to end, all at once, then end what is left of them.

    They are not asked one after the other: a server takes seconds to see that its kernels end.
    """
    family = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            family += [process, *process.children(recursive=True)]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.terminate()
    _, left = psutil.wait_procs(family, timeout=1)
    for one in left:  # a server may have started a kernel anew for one that has ended
        with contextlib.suppress(psutil.NoSuchProcess):
            left += [child for child in one.children() if child not in left]
    for one in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(left, timeout=5)


@pytest.fixture(scope="session")
def program():
    """A function: where the first program of these names is that the machine has.

    Without it a test is skipped, but fails in CI.
    """

    def find(*names: str) -> str:
        places = os.environ["PATH"] + os.pathsep + "/usr/sbin"
        for name in names:
            if path := shutil.which(name, path=places):
                return path
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say(f"there is no {names[0]} on this machine")

    return find


running = {}  # Chromium, its page, and what closes it, from the first test of a browser on


def pytest_runtest_setup(item):
    """Close Chromium before a test without it.

    While it is open, playwright's event loop runs in this thread, and ``asyncio.run`` would fail.
    """
    if not item.get_closest_marker("browser"):
        close_chromium()


def pytest_sessionfinish():
    close_chromium()


def close_chromium():
    if running:
        running["end"].close()
        running.clear()


@pytest.fixture(scope="module")
def chromium(program):
    """A real Chromium (playwright's synchronous interface), the same for module after module."""
    if not running:
        path = program("chromium", "chromium-browser")
        from playwright.sync_api import sync_playwright

        quiet = "sandbox gpu quic background-networking component-update sync first-run".split()
        flags = [
            f"--{'no' if word in ('sandbox', 'first-run') else 'disable'}-{word}" for word in quiet
        ]
        with contextlib.ExitStack() as end:
            playwright = end.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            end.callback(browser.close)
            running.update(chromium=browser, end=end.pop_all())
    return running["chromium"]


@pytest.fixture
def fresh_page(chromium):
    """A page in a browser without a past, see `watch`."""
    with contextlib.closing(context(chromium)) as alone:
        yield watch(alone.new_page())


@pytest.fixture(scope="module")
def shared_page(chromium):
    """A page for all tests of a module, which begins and ends empty, see `watch`.

    It is the same for module after module: one that were really new would have to compile all
    scripts again, which takes a second.
    """
    if "page" not in running:
        running["page"] = watch(context(chromium).new_page())
    yield running["page"]
    forget(running["page"])


@pytest.fixture
def page(shared_page):
    """The page of the module for one test, before and after which it is empty."""
    forget(shared_page)
    yield shared_page
    forget(shared_page)


def forget(page):
    """Leave an address, and with it all that was kept or changed there."""
    if page.url != "about:blank":
        page.evaluate("() => { try { localStorage.clear(); sessionStorage.clear(); } catch {} }")
        page.goto("about:blank")
    page.context.clear_cookies()
    page.unroute_all(behavior="ignoreErrors")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size(SIZE)
    page.problems.clear()


SIZE = {"width": 1280, "height": 900}


def context(chromium):
    return chromium.new_context(viewport=SIZE)


def watch(page):
    """Note in `page.problems` what goes wrong in a page; give the page.

    Console errors, exceptions, failed requests, and requests to another machine.
    """
    page.problems = problems = []

    def on_console(message):
        if message.type == "error":
            problems.append(f"console: {message.text}")

    def on_request(request):
        if not request.url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:")):
            problems.append(f"asks elsewhere: {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))

    def on_failure(request):
        # A page that is left: its farewell, and what it last asked of its kernel, find nobody.
        if not any(asked in request.url for asked in ("/api/shutdown/", "no_track_activity")):
            problems.append(f"failed: {request.url}")

    page.on("requestfailed", on_failure)
    return page


@pytest.fixture(scope="session", name="watch")
def watch_of_conftest():
    """`watch`, for the conftest of a folder."""
    return watch
