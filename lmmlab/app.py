"""The command ``lmmlab``: serve the lessons, open them, check the installation.

Everything heavy is imported by the verb that needs it, so that ``lmmlab --help`` answers at
once. The lessons are an explicit list; they lie inside the installed package, and beside it in
a clone of the project.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

LESSONS = (
    "01-independence", "02-lines", "03-fan", "04-covariance", "05-shrinkage", "06-centring",
    "07-levels", "08-fixed-or-random", "playground",
)  # fmt: skip

# A slider needs a few tiny matrix operations at a time: more threads only fight over the cores,
# and with thirty students at once they fight hard.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def lessons_folder() -> Path:
    """Return the folder of the lessons: in the wheel, or else in the clone.

    Raises
    ------
    SystemExit
        If neither has them.
    """
    package = Path(__file__).parent
    for folder in (package / "lessons", package.parent / "lessons"):
        if any(folder.glob("*.ipynb")):
            return folder
    raise SystemExit("lmmlab: the lessons are missing. Install lmmlab again.")


def serve(
    host: str = "localhost",
    port: int = 8866,
    browser: bool = True,
    *,
    names: Sequence[str] = (),
    kernels: int | None = None,
    token: str | None = None,
    open_to_all: bool = False,
    fork: bool = True,
) -> None:
    """Show the lessons as web pages until the server is stopped; see ``lmmlab serve --help``."""
    _need("voila")
    from lmmlab.page.address import Address
    from lmmlab.page.server import serve

    address = Address(host, port, tuple(names))
    serve(lessons_folder(), address, browser, kernels, token, open_to_all, fork)


def open_lessons(port: int = 8888, browser: bool = True, more: Sequence[str] = ()) -> int:
    """Open a copy of the lessons in JupyterLab, which is told `more`; return its exit code.

    Raises
    ------
    SystemExit
        With a sentence, if the copy cannot be made.
    """
    _need("jupyterlab")
    copy = Path("lmmlab-lessons")
    try:
        sentences = copy_lessons(lessons_folder(), copy)
    except OSError as error:
        raise SystemExit(
            f"lmmlab: the lessons cannot be copied to {error.filename or copy}: {error.strerror}. "
            "Give what is there another name, or run lmmlab open in another folder."
        ) from None
    for sentence in sentences:
        print(sentence)
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}"]
    command += [f"--ServerApp.root_dir={copy.resolve()}"]
    command += ["--ServerApp.kernel_spec_manager_class=lmmlab.page.specs.ThisPython"]
    command += [*([] if browser else ["--no-browser"]), *more]
    with subprocess.Popen(command, env={**os.environ, **ONE_THREAD}) as jupyter:
        # Who ends us means JupyterLab.
        signal.signal(signal.SIGTERM, lambda *_: jupyter.terminate())
        try:
            return jupyter.wait()
        except KeyboardInterrupt:
            jupyter.terminate()
            return 0


def copy_lessons(source: Path, target: Path) -> list[str]:
    """Copy the lessons that `target` lacks; no file of a student is ever overwritten.

    Returns
    -------
    list of str
        A sentence for each file that is kept though its text differs from ours.
    """
    target.mkdir(exist_ok=True)
    sentences = []
    for lesson in sorted(source.glob("*.ipynb")):
        own = target / lesson.name
        if not own.exists():
            shutil.copyfile(lesson, own)
        elif _text(own) != _text(lesson):
            sentences.append(
                f"Your {own} is kept. It differs from the lesson of this version of lmmlab: "
                "rename yours and run lmmlab open again, and both will be there."
            )
    return sentences


def _text(notebook: Path) -> object:
    """Return what is written in a notebook, without outputs: to run it is no change."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None


def _need(module: str) -> None:
    if find_spec(module) is None:
        raise SystemExit(
            f'lmmlab: {module} is not installed. Install it by: python -m pip install "lmmlab[app]"'
        )


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {port}")
    return port


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"at least 1, not {number}")
    return number


def _parser() -> argparse.ArgumentParser:
    """Say what can stand on the command line."""
    parser = argparse.ArgumentParser(
        prog="lmmlab", description="Learn linear mixed-effects models by moving them."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    show = verbs.add_parser("serve", help="show the lessons in the browser")
    show.add_argument("--host", default="localhost", help="address to listen on (%(default)s)")
    show.add_argument(
        "--name", action="append", default=[], help="what browsers call this server behind a proxy"
    )
    show.add_argument(
        "--kernels",
        type=_number,
        metavar="N",
        help="how many pages may be open at once (by default what memory and cores can carry)",
    )
    show.add_argument(
        "--token",
        nargs="?",
        const="",
        help="a secret that the address must contain; without a word one is made up. "
        "JUPYTER_TOKEN does the same and is not seen in the list of processes",
    )
    show.add_argument(
        "--open-to-all",
        action="store_true",
        help="allow a --host that others can reach without a token",
    )
    show.add_argument(
        "--no-fork",
        action="store_true",
        help="start each page's Python anew; on Linux they are else forked from one that is warm",
    )
    edit = verbs.add_parser(
        "open",
        help="open a copy of the lessons in JupyterLab",
        epilog="All other arguments are passed on to JupyterLab: lmmlab open --allow-root",
        allow_abbrev=False,
    )
    for verb, port in ((show, 8866), (edit, 8888)):
        verb.add_argument("--port", type=_port, default=port, help="port (%(default)s)")
        verb.add_argument("--no-browser", action="store_true", help="open no browser")
    verbs.add_parser("check", help="check that everything is there and the numbers are right")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = _parser()
    chosen, more = parser.parse_known_args(arguments)
    if more and chosen.verb != "open":
        parser.error(f"unknown: {' '.join(more)}")
    if chosen.verb == "serve":
        serve(
            chosen.host,
            chosen.port,
            not chosen.no_browser,
            names=chosen.name,
            kernels=chosen.kernels,
            token=chosen.token,
            open_to_all=chosen.open_to_all,
            fork=not chosen.no_fork,
        )
        return 0
    if chosen.verb == "open":
        return open_lessons(chosen.port, not chosen.no_browser, more)
    from lmmlab.check import check

    return check()


if __name__ == "__main__":
    sys.exit(main())
