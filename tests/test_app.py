"""The command `lmmlab`: its arguments, the copy for JupyterLab, the check, and the wheel."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from lmmlab import app, check

PROJECT = Path(app.__file__).parent.parent


def test_a_taken_port_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert f"cannot listen on port {port}" in run.stderr
    assert f"Stop what listens there, or choose another port: lmmlab serve --port {port + 1}" in (
        run.stderr
    )
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit) as stopped:
        app.main(["serve", "--port", port])
    assert stopped.value.code == 2
    assert "--port" in capsys.readouterr().err


def test_the_app_extra_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.setattr(app, "find_spec", lambda module: None)
    with pytest.raises(SystemExit, match=r'python -m pip install "lmmlab\[app\]"'):
        app.main(["serve"])


def test_help_is_quick_because_nothing_heavy_is_imported():
    run = "import sys; from lmmlab.app import main\ntry: main(['-h'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    *said, modules = done.stdout.splitlines()
    assert "serve" in " ".join(said)
    heavy = {"numpy", "pandas", "matplotlib", "voila", "tornado", "traitlets"}
    assert not heavy & set(modules.split())


def prose(text):
    """A notebook of one cell of prose."""
    return json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}, "source": text}]})


def test_open_never_overwrites_a_file_of_the_student(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    lesson, copy = ours / "05-shrinkage.ipynb", theirs / "05-shrinkage.ipynb"
    lesson.write_text(prose("# First"), encoding="utf-8")
    assert app.copy_lessons(ours, theirs) == []
    assert copy.read_text(encoding="utf-8") == lesson.read_text(encoding="utf-8")

    run = json.loads(copy.read_text(encoding="utf-8"))
    run["cells"][0]["metadata"]["collapsed"] = True
    copy.write_text(json.dumps(run), encoding="utf-8")
    assert app.copy_lessons(ours, theirs) == [], "only looked at, not changed"

    for text in (prose("# Mine"), "no notebook any more", "[]"):
        copy.write_text(text, encoding="utf-8")
        (sentence,) = app.copy_lessons(ours, theirs)
        assert "is kept" in sentence
        assert copy.read_text(encoding="utf-8") == text

    copy.rename(theirs / "mine.ipynb")
    assert app.copy_lessons(ours, theirs) == []
    assert copy.exists()
    assert (theirs / "mine.ipynb").read_text(encoding="utf-8") == "[]"


def test_open_starts_jupyterlab_on_the_copy_with_this_python_and_one_thread(monkeypatch, tmp_path):
    started = []

    def start(command, env):
        started.append((command, env))
        return contextlib.nullcontext(SimpleNamespace(wait=lambda: 3))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setattr(app.subprocess, "Popen", start)
    monkeypatch.setattr(app.signal, "signal", lambda *_: None)
    assert app.main(["open", "--no-browser", "--allow-root", "--port", "9000", "--p=1"]) == 3
    ((command, environment),) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert set(command[3:]) == {
        "--port=9000",
        "--no-browser",
        "--allow-root",
        "--p=1",
        f"--ServerApp.root_dir={tmp_path / 'lmmlab-lessons'}",
        "--ServerApp.kernel_spec_manager_class=lmmlab.page.specs.ThisPython",
    }
    for library in ("OMP", "OPENBLAS", "MKL"):
        assert environment[f"{library}_NUM_THREADS"] == "1"
    assert environment["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_who_ends_open_ends_jupyterlab(end, tmp_path):
    stub = tmp_path / "jupyterlab"
    stub.mkdir()
    code = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    (stub / "__init__.py").touch()
    (stub / "__main__.py").write_text(code)
    command = [sys.executable, "-m", "lmmlab.app", "open"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as opened:
        jupyter = psutil.Process(int(opened.stdout.readline()))
        opened.send_signal(end)
        jupyter.wait(10)
        opened.wait(10)


def test_open_says_that_it_passes_arguments_on_and_serve_takes_no_unknown_ones(capsys):
    for command in (["open", "--help"], ["serve", "--allow-root"]):
        with pytest.raises(SystemExit):
            app.main(command)
    said = capsys.readouterr()
    assert "passed on to JupyterLab" in said.out
    assert "unknown: --allow-root" in said.err


@pytest.mark.parametrize("wrong", ["a file", "a folder", "no permission"])
def test_open_that_cannot_copy_says_where_and_why(wrong, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app.subprocess, "Popen", lambda *_, **__: pytest.fail("JupyterLab started"))
    own = Path("lmmlab-lessons")
    if wrong == "a file":
        own.write_text("mine")
    elif wrong == "a folder":
        own = own / f"{app.LESSONS[0]}.ipynb"
        own.mkdir(parents=True)
    else:
        own = own / f"{app.LESSONS[0]}.ipynb"

        def refuse(source, target):
            raise PermissionError(13, "Permission denied", str(target))

        monkeypatch.setattr(app.shutil, "copyfile", refuse)
    with pytest.raises(SystemExit) as stopped:
        app.main(["open"])
    sentence = stopped.value.code
    assert f"cannot be copied to {own}: " in sentence
    assert "run lmmlab open in another folder" in sentence


def test_check_finds_everything_in_order(capsys):
    assert check.check() == 0
    assert "All is well." in capsys.readouterr().out


def test_check_says_what_is_wrong(monkeypatch, capsys):
    monkeypatch.setitem(check.SLEEPSTUDY, "residual SD", (25.0, 1e-3))
    needs = ["no-such-package>=1", "numpy>=999", 'voila; extra == "docs"']
    monkeypatch.setattr(check, "requires", lambda name: needs)
    monkeypatch.setattr(check, "LESSONS", ("99-none",))

    def broken():
        raise OSError("no fonts")
        yield

    monkeypatch.setattr(check, "pictures", broken)
    assert check.check() == 1
    said = capsys.readouterr().out
    assert "no-such-package is not installed" in said
    assert "numpy" in said and "is too old" in said
    assert "99-none is missing" in said
    assert "The residual SD of sleepstudy is 25.59" in said
    assert "The check of broken failed: OSError: no fonts" in said
    assert "voila" not in said


def test_the_wheel_carries_lessons_pages_and_data_and_no_checkpoints(tmp_path):
    copy = tmp_path / "project"
    shutil.copytree(
        PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "tests", "dist", "build")
    )
    for folder in ("lessons", "lmmlab/page"):
        (copy / folder / ".ipynb_checkpoints").mkdir()
        (copy / folder / ".ipynb_checkpoints" / "05-shrinkage-checkpoint.ipynb").write_text("{}")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        files = set(opened.namelist())
    wanted = [p for p in (PROJECT / "lmmlab").rglob("*") if p.is_file()]
    wanted = {str(p.relative_to(PROJECT)) for p in wanted if "__pycache__" not in p.parts}
    wanted |= {f"lmmlab/lessons/{name}.ipynb" for name in app.LESSONS}
    assert {file for file in files if ".dist-info/" not in file} == wanted
    assert "lmmlab/page/share/voila/templates/lmmlab/static/page.css" in files
    assert "lmmlab/data/sleepstudy.csv" in files
    assert any(file.endswith(".js") for file in files)
