"""Addresses: those that others reach need a token."""

import os
import subprocess
import sys

import pytest

from lmmlab.page.address import Address
from lmmlab.page.server import LessonServer


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1"])
def test_an_address_that_others_reach_is_not_private(host):
    assert not Address(host).private


def test_an_address_that_others_reach_needs_a_token():
    command = [sys.executable, "-m", "lmmlab.app", "serve", "--no-browser", "--host=0.0.0.0"]
    without = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER_TOKEN")}
    run = subprocess.run(command, env=without, capture_output=True, text=True, timeout=30)
    assert run.returncode == 1
    assert "--token" in run.stderr and "--open-to-all" in run.stderr
    assert run.stderr.count("\n") == 1 and run.stdout == ""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_an_address_of_this_machine_alone_needs_none(host):
    assert Address(host).private


def test_who_opens_to_all_says_so(monkeypatch):
    started = []
    monkeypatch.setattr(LessonServer, "initialize", lambda self, argv: None)
    monkeypatch.setattr(LessonServer, "start", lambda self: started.append(self))
    from lmmlab import app

    for more in (["--open-to-all"], ["--token=word"], ["--token"]):
        app.main(["serve", "--host=0.0.0.0", *more])
    monkeypatch.setenv("JUPYTER_TOKEN", "word")
    app.main(["serve", "--host=0.0.0.0", "--name=lessons.example.org", "--kernels=7"])
    assert [s.token for s in started] == [None, "word", None, "word"]
    assert [s.auto_token for s in started] == [False, False, True, False]
    assert started[-1].address == Address("0.0.0.0", 8866, ("lessons.example.org",))
    assert started[-1].config.Admission.places == 7
