"""Lines to a kernel: how much a page may send, and who does not read."""

from types import SimpleNamespace

from tornado.iostream import StreamBufferFullError

from lmmlab.page import connection
from lmmlab.page.connection import PromptConnection


def test_who_asks_and_does_not_read_is_hung_up_on(monkeypatch):
    def full(*_):
        raise StreamBufferFullError

    monkeypatch.setattr(PromptConnection.__base__, "handle_outgoing_message", full)
    closed = []
    stream = SimpleNamespace(close=lambda: closed.append(True))
    line = PromptConnection.__new__(PromptConnection)
    handler = SimpleNamespace(ws_connection=SimpleNamespace(stream=stream))
    monkeypatch.setattr(PromptConnection, "websocket_handler", handler)
    line.handle_outgoing_message("iopub", [])
    assert closed == [True]


def test_a_page_may_send_as_fast_as_a_hand_moves_and_a_file_at_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(connection, "monotonic", lambda: now[0])
    allowance = connection.Allowance(since=0)
    for _ in range(60 * 120):
        now[0] += 1 / 120  # a quick screen
        assert allowance.spend(b"x" * 1000)
    assert allowance.spend(b"x" * 10_000_000)
    assert not allowance.spend(b"x" * 10_000_000)
    now[0] += 20
    assert allowance.spend(b"x" * 10_000_000)
