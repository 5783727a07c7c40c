"""Places: how many there are, and when one is free again."""

import asyncio
from types import SimpleNamespace

import pytest

from lmmlab.page import admission


class Clock:
    """A manager of kernels that starts none."""

    async def start(self, *, kernel_id, **_):
        self._kernels[kernel_id] = SimpleNamespace()
        return kernel_id


def test_kernels_without_a_page_end_soon_and_waiting_ones_take_no_place(monkeypatch):
    base = admission.AsyncMappingKernelManager
    monkeypatch.setattr(base, "start_kernel", Clock.start)
    monkeypatch.setattr(base, "kernel_model", lambda *_: {"connections": 0})
    ended, now = [], [0.0]

    async def end(self, kernel_id):
        ended.append(kernel_id)
        self.remove_kernel(kernel_id)

    async def idle(self, kernel_id):
        pass

    monkeypatch.setattr(base, "shutdown_kernel", end)
    monkeypatch.setattr(base, "cull_kernel_if_idle", idle)
    monkeypatch.setattr(admission.time, "monotonic", lambda: now[0])

    async def play():
        kernels = admission.Admission(places=2)
        kernels.waiting.add("ahead")
        await kernels.start_kernel(kernel_id="ahead")
        await kernels.start_kernel(kernel_id="gone")
        await kernels.start_kernel(kernel_id="here")
        kernels.notify_connect("here")
        with pytest.raises(admission.HTTPError, match="503"):
            await kernels.start_kernel()
        assert kernels.taken() == 2

        async def cull(at):
            now[0] = at
            for kernel_id in kernels.list_kernel_ids():
                await kernels.cull_kernel_if_idle(kernel_id)
            return list(ended)

        assert await cull(119) == []
        assert await cull(121) == ["gone"]
        kernels.notify_disconnect("here")
        assert await cull(240) == ["gone"]
        assert await cull(242) == ["gone", "here"]
        assert kernels.list_kernel_ids() == ["ahead"] and kernels.taken() == 0

    asyncio.run(play())


def test_places_follow_cores_and_memory(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(admission, "CONTAINER", limit)
    monkeypatch.setattr(admission.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(
        admission.psutil, "virtual_memory", lambda: SimpleNamespace(total=16_000_000_000)
    )
    assert admission.places(True) == 40, "a class of 30 on two cores, and some who reload"
    limit.write_text("max\n")
    assert admission.places(True) == 40
    limit.write_text("4000000000\n")
    assert (admission.places(True), admission.places(False)) == (40, 24)
    limit.write_text("1000\n")
    assert admission.places(True) == 1
