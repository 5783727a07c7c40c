"""Kernels of lesson pages, above all those forked from a warm Python: they are as all others."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager, KernelManager

from lmmlab.page import provisioner
from lmmlab.page.client import PromptClient
from lmmlab.page.specs import LessonPython

pytestmark = pytest.mark.skipif(not provisioner.POSSIBLE, reason="kernels are forked on Linux")

RANDOM = "import random, uuid, numpy as np; print(random.random(), uuid.uuid4(), np.random.rand())"

SERVER = """
import time
from jupyter_client.manager import KernelManager
from lmmlab.page.specs import LessonPython
manager = KernelManager(kernel_spec_manager=LessonPython(fork=True))
manager.start_kernel()
client = manager.blocking_client()
client.start_channels()
client.wait_for_ready(timeout=60)
print(manager.provisioner.pid, flush=True)
time.sleep(60)
"""


@contextlib.contextmanager
def running(fork=True, **options):
    """A kernel's manager and its client, until the block ends."""
    # By files, as the server does it: another process may take the port of one that restarts.
    file = os.path.join(tempfile.mkdtemp(), "kernel.json")
    specs = LessonPython(fork=fork)
    manager = KernelManager(kernel_spec_manager=specs, transport="ipc", connection_file=file)
    manager.start_kernel(**options)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel():
    """One kernel for the tests that leave it as they found it."""
    with running() as both:
        yield both


def tell(client, code):
    """What the code prints, or the name of its error; it does not stop what is asked next."""
    said = []

    def hear(message):
        content = message["content"]
        said.append(content.get("text") or content.get("ename") or "")

    client.execute_interactive(code, output_hook=hear, timeout=60, stop_on_error=False)
    return "".join(said).strip()


def process(manager):
    return psutil.Process(manager.provisioner.pid)


def ends(manager, seconds=10):
    """Whether the manager learns within some seconds that its kernel has ended."""
    until = time.monotonic() + seconds
    while manager.is_alive() and time.monotonic() < until:
        time.sleep(0.05)
    return not manager.is_alive()


def test_a_kernel_is_forked_and_knows_its_own_place(tmp_path):
    place = os.environ | {"VOILA_KERNEL_ID": "mine"}
    with running(env=place, cwd=str(tmp_path)) as (manager, client):
        assert process(manager).ppid() != os.getpid()
        assert process(manager).parent().ppid() == os.getpid()
        assert tell(client, "import os; print(os.getcwd())") == str(tmp_path)
        assert tell(client, "print(os.environ['VOILA_KERNEL_ID'])") == "mine"
        assert "VOILA_KERNEL_ID" not in os.environ


def test_what_kernels_are_forked_from_has_one_thread(kernel):
    assert process(kernel[0]).parent().num_threads() == 1


def test_two_kernels_share_neither_state_nor_chance(kernel):
    with running() as (_, other):
        tell(other, "import lmmlab; mine = lmmlab.mine = 1")
        assert tell(kernel[1], "mine") == "NameError"
        assert tell(kernel[1], "import lmmlab; lmmlab.mine") == "AttributeError"
        mine, others = (tell(client, RANDOM).split() for client in (kernel[1], other))
        assert len(mine) == 3
        assert not set(mine) & set(others)


def test_a_lab_runs_and_browsers_can_ask_for_it(kernel):
    assert tell(kernel[1], "from lmmlab import labs; print(labs.shrinkage().tau0 > 0)") == "True"
    known = "from comm import get_comm_manager; print(*get_comm_manager().targets)"
    assert "jupyter.widget.control" in tell(kernel[1], known)


def test_a_kernel_can_have_processes_of_its_own(kernel):
    code = "from concurrent.futures import ProcessPoolExecutor as Pool\n"
    code += "with Pool(1) as pool: print(pool.submit(abs, -1).result())"
    assert tell(kernel[1], code) == "1"


@pytest.mark.parametrize("fork", [True, False])
def test_nothing_is_loaded_that_no_lesson_uses(kernel, fork):
    code = "import sys; from lmmlab import labs; labs.shrinkage()\n"
    code += "loaded = {name for name, module in sys.modules.items() if module}\n"
    code += (
        "print(*loaded & {'debugpy', 'pydevd', 'psutil', 'charset_normalizer', 'sqlite3',"
        " 'matplotlib.pyplot', 'jupyter_server'})"
    )
    with contextlib.nullcontext(kernel) if fork else running(fork=False) as (_, client):
        assert tell(client, code) == ""


@pytest.mark.parametrize("fork", [True, False])
def test_a_kernel_does_not_go_through_all_modules_for_its_debugger(kernel, fork):
    code = "import sys; from ipykernel import ipkernel; it = get_ipython().kernel\n"
    code += "print(it._kernel_modules, ipkernel.sys is sys)"
    with contextlib.nullcontext(kernel) if fork else running(fork=False) as (_, client):
        assert tell(client, code) == "[] True"


@pytest.mark.parametrize("fork", [True, False])
def test_what_a_user_has_set_in_ipython_changes_no_page(tmp_path, fork):
    profile = tmp_path / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "startup" / "mine.py").write_text("mine = 1")
    mine = "c.InteractiveShell.ast_node_interactivity = 'none'\nc.IPKernelApp.log_level = 10\n"
    (profile / "ipython_kernel_config.py").write_text(mine)
    place = os.environ | {"IPYTHONDIR": str(tmp_path)}
    with running(fork=fork, env=place) as (_, client):
        assert tell(client, "mine") == "NameError"
        assert tell(client, "print(get_ipython().ast_node_interactivity)") == "last_expr"
        assert tell(client, "print(get_ipython().kernel.parent.log_level)") == "40"


def test_an_interrupt_ends_the_cell_and_not_the_kernel(kernel):
    manager, client = kernel
    code = "import time\nprint('busy')\ntime.sleep(60)"
    asked = client.execute(code, stop_on_error=False)
    while client.get_iopub_msg(timeout=10)["content"].get("text") is None:
        pass
    manager.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=10))["parent_header"]["msg_id"] != asked:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert tell(client, "print(1 + 1)") == "2"


def test_a_killed_kernel_is_seen_to_be_dead_and_starts_anew():
    with running() as (manager, client):
        first = process(manager)
        first.kill()
        assert ends(manager)
        manager.restart_kernel(now=True)  # as the server does
        client.wait_for_ready(timeout=60)
        assert process(manager) != first
        assert tell(client, "print(1 + 1)") == "2"


@pytest.mark.parametrize("now", [True, False])
def test_a_kernel_that_is_shut_down_leaves_nothing(now):
    with running() as (manager, _):
        one, file = process(manager), manager.connection_file
        manager.shutdown_kernel(now=now)
        one.wait(timeout=10)
        assert not os.path.exists(file)


def test_kernels_end_with_the_server_even_if_it_is_killed():
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    with server:
        kernel = psutil.Process(int(server.stdout.readline()))
        family = psutil.Process(server.pid).children(recursive=True)
        assert kernel in family
        server.kill()
    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_when_the_warm_python_dies_its_kernels_end_and_another_takes_its_place():
    with running() as (manager, client):
        first = process(manager)
        os.kill(first.ppid(), signal.SIGKILL)
        assert ends(manager)
        manager.restart_kernel(now=True)  # as the server does
        client.wait_for_ready(timeout=60)
        assert tell(client, "print(1 + 1)") == "2"


def test_the_servers_client_hears_all_that_its_request_gives_and_whether_the_kernel_lives():
    said = []

    async def ask():
        specs = LessonPython(fork=True)
        manager = AsyncKernelManager(kernel_spec_manager=specs, client_factory=PromptClient)
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        await client.execute_interactive("print('first')", output_hook=said.append, timeout=60)
        await manager.shutdown_kernel(now=True)
        with pytest.raises(RuntimeError, match="does not answer"):
            await client.wait_for_ready(timeout=5)
        client.stop_channels()

    asyncio.run(ask())
    assert [one["content"]["text"] for one in said if one["msg_type"] == "stream"] == ["first\n"]
