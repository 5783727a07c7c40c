"""The server of ``lmmlab serve``: Voila with our page, our gallery and safe settings.

A small subclass, not a fork. What it sets, `settings` says in one place; the same settings make
an ordinary Jupyter server (Binder, a hub) show the same pages, when ``lmmlab.page.server`` is
enabled there as a server extension.

Our Voila template lies in ``share`` beside this file. Voila looks for templates on the Jupyter
path, so that folder is put on it; nothing is installed elsewhere.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import webbrowser
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, RequestHandler
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from lmmlab.app import LESSONS, ONE_THREAD
from lmmlab.page import gallery

SHARE = Path(__file__).parent / "share"


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel connection that sends small messages at once.

    By default TCP holds a small message back until the one before it is acknowledged (Nagle's
    algorithm), which costs a slider 40 ms at every step.
    """

    def connect(self) -> Any:
        """Switch Nagle's algorithm off, then connect."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()


class ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs the server, for that one has lmmlab.

    A "python3" that another Python has registered for the user would otherwise come first.
    """

    kernel_dirs = []  # noqa: RUF012  (a trait's default)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel, told to report errors only: its remarks are not for students."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv.append("--log-level=ERROR")
        return spec


def welcome(handler: RequestHandler, notebook: nbformat.NotebookNode, cwd: str) -> None:
    """Prepare a lesson's page (Voila's ``prelaunch_hook``)."""
    # Asking for the token sets its cookie. A page that is closed sends it back to end its
    # kernel; without it that farewell is refused and the kernel stays.
    _ = handler.xsrf_token
    notebook.metadata["folder"] = cwd  # where its gallery is
    own = notebook.metadata.get("lmmlab", {})
    if "title" in own:
        notebook.metadata["title"] = own["title"]


def settings() -> Config:
    """Return the settings of Voila that make a lesson's page ours."""
    config = Config()
    voila = config.VoilaConfiguration
    voila.template = "lmmlab"
    voila.classic_tree = True
    voila.allow_template_override = "NO"
    voila.allow_theme_override = "NO"
    voila.show_tracebacks = False
    voila.strip_sources = True
    voila.file_allowlist = []
    # Another extension of JupyterLab that happens to be installed has no place in a lesson.
    voila.extension_allowlist = [
        "@jupyter-widgets/jupyterlab-manager",
        "@voila-dashboards/widgets-manager8",
        "anywidget",
    ]
    voila.prelaunch_hook = welcome
    voila.page_config_hook = gallery.describe
    config.VoilaExecutor.allow_errors = True  # one failing cell hides nothing after it
    config.VoilaExecutor.cell_error_instruction = (
        "Reload the page. If this stays, run lmmlab check: it says what is wrong."
    )
    return config


def prepare() -> None:
    """Put our template on Jupyter's path and give every kernel one BLAS thread."""
    paths = [str(SHARE), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(paths)
    os.environ.update(ONE_THREAD)


def picture_route(base_url: str) -> tuple[str, type[RequestHandler]]:
    """Return the route of the gallery's pictures."""
    pattern = gallery.PICTURE_URL + r"(\w+)-(light|dark)\.svg"
    return url_path_join(base_url, pattern), gallery.PictureHandler


class LessonHandler(TornadoVoilaHandler):
    """Runs the lessons of our list, and nothing else that lies in their folder."""

    async def prepare(self) -> None:
        """Refuse every other path as if nothing were there."""
        await super().prepare()
        if self.path_args[0] not in {f"{name}.ipynb" for name in LESSONS}:
            raise HTTPError(404)


class LessonServer(Voila):
    """Voila for a folder of lessons."""

    def init_settings(self) -> dict[str, Any]:
        """Add compression: 5 MB of page become 1.5."""
        return {**super().init_settings(), "compress_response": True}

    def init_handlers(self) -> list[Any]:
        """Add the gallery's pictures, and let nothing run but the lessons."""
        lessons = [
            (path, LessonHandler if handler is TornadoVoilaHandler else handler, *more)
            for path, handler, *more in super().init_handlers()
        ]
        return [picture_route(self.server_url), *lessons]

    def listen(self) -> None:
        """Listen on the one port that was asked for, until stopped."""
        try:
            self.app.listen(self.port, self.ip)
        except OSError as error:
            self.stop()
            advice = (
                "Stop what listens there, or choose another port: "
                f"lmmlab serve --port {self.port + 1}"
                if error.errno == errno.EADDRINUSE
                else "Choose another address (--host) or another port (--port)."
            )
            place = f"port {self.port} of {self.ip}"
            raise SystemExit(
                f"lmmlab: cannot listen on {place}: {error.strerror}. {advice}"
            ) from None
        name = "localhost" if self.ip in ("", "0.0.0.0", "::") else self.ip
        name = f"[{name}]" if ":" in name else name  # an IPv6 address
        url = f"http://{name}:{self.port}{self.base_url}"
        print(f"The lessons are at {url} (stop with Ctrl+C)", flush=True)
        if self.open_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()


def configuration(folder: Path, host: str, port: int, browser: bool) -> Config:
    """Return the settings of a server of our own."""
    config = settings()
    config.Voila.root_dir = str(folder)
    config.Voila.ip = host
    config.Voila.port = port
    config.Voila.open_browser = browser
    config.Voila.config_file_paths = []  # a Voila configuration of the user's is not for us
    config.Voila.log_level = logging.ERROR
    config.Voila.kernel_websocket_connection_class = PromptConnection
    config.VoilaConfiguration.kernel_spec_manager_class = ThisPython
    # Kernels of pages that are left alone for an hour end, connected or not.
    config.MappingKernelManager.cull_idle_timeout = 3600
    config.MappingKernelManager.cull_interval = 60
    config.MappingKernelManager.cull_connected = True
    return config


def serve(folder: Path, host: str, port: int, browser: bool) -> None:
    """Serve the lessons in `folder` until stopped.

    Raises
    ------
    SystemExit
        With a sentence, when it cannot listen there.
    """
    prepare()
    # Tornado takes Jupyter's milliseconds between two pings for seconds, and says so.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    server = LessonServer(config=configuration(folder, host, port, browser))
    server.initialize([])
    server.start()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "lmmlab.page.server"}]


def _link_jupyter_server_extension(server: ServerApp) -> None:
    # Linking comes before any extension is loaded, so Voila finds these settings.
    prepare()
    server.config.merge(settings())
    server.kernel_websocket_connection_class = PromptConnection
    server.tornado_settings = {**server.tornado_settings, "compress_response": True}


def _load_jupyter_server_extension(server: ServerApp) -> None:
    server.web_app.add_handlers(".*$", [picture_route(server.base_url)])
