"""The server of ``lmmlab serve``: Voila with our page, our gallery and safe settings.

A small subclass, not a fork. What it sets, `settings` says in one place; the same settings make
an ordinary Jupyter server (Binder, a hub) show the same pages, when ``lmmlab.page.server`` is
enabled there as a server extension.

Our Voila template lies in ``share`` beside this file. Voila looks for templates on the Jupyter
path, so that folder is put on it; nothing is installed elsewhere.
"""

from __future__ import annotations

import logging
import os
import threading
import webbrowser
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler
from traitlets import Instance
from traitlets.config import Config
from voila.app import Voila
from voila.utils import create_include_assets_functions

from lmmlab.app import ONE_THREAD
from lmmlab.page import gallery, provisioner
from lmmlab.page.address import Address
from lmmlab.page.admission import Admission, places
from lmmlab.page.client import PromptClient
from lmmlab.page.connection import PromptConnection, StrictConnection
from lmmlab.page.doors import TRANSFORMS, Nothing, doors
from lmmlab.page.specs import LessonPython
from lmmlab.page.templates import compile_once

SHARE = Path(__file__).parent / "share"
MESSAGE = 10_000_000  # bytes of the longest that a page may send: a file of progress has up to 2 MB
FORM = 100_000  # bytes of the longest form


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
    """Put our templates on Jupyter's path, and give every kernel one BLAS thread."""
    paths = [str(SHARE), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(paths)
    os.environ.update(ONE_THREAD)
    compile_once()


def picture_route(base_url: str) -> tuple[str, type[RequestHandler]]:
    """Return the route of the gallery's pictures."""
    pattern = gallery.PICTURE_URL + r"(\w+)-(light|dark)\.svg"
    return url_path_join(base_url, pattern), gallery.PictureHandler


class LessonServer(Voila):
    """Voila for a folder of lessons."""

    address = Instance(Address, ())

    def init_settings(self) -> dict[str, Any]:
        """Say who may ask, in which words, and how we answer."""
        settings = super().init_settings()
        pages = settings["voila_jinja2_env"]  # ours, for what goes wrong and for logging in, too
        pages.globals.update(create_include_assets_functions("lmmlab", self.base_url))
        return {
            **settings,
            "jinja2_env": pages,
            "default_handler_class": Nothing,
            # A page elsewhere can give its own name this machine's number; it must not get in.
            "allow_remote_access": not (self.address.private or self.address.names),
            "local_hostnames": ["localhost", *self.address.names],
            "websocket_max_message_size": MESSAGE,
            "transforms": TRANSFORMS,  # compression among them: 5 MB of page become 1.5
        }

    def init_handlers(self) -> list[Any]:
        """Add the gallery's pictures, and let nothing run but the lessons."""
        return doors([picture_route(self.server_url), *super().init_handlers()], self.server_url)

    def listen(self) -> None:
        """Listen on the one port that was asked for, until stopped."""
        try:
            self.app.listen(
                self.address.port,
                self.address.host,
                max_body_size=FORM,
                idle_connection_timeout=60,  # seconds for who asks slowly, or has nothing to ask
                body_timeout=30,
                xheaders=bool(self.address.names),  # a proxy knows who asks
            )
        except OSError as error:
            self.stop()
            raise SystemExit(self.address.trouble(error)) from None
        url = self.address.link(self.base_url, self.identity_provider.token)
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


def configuration(
    folder: Path, browser: bool, kernels: int | None, token: str | None, fork: bool
) -> Config:
    """Return the settings of a server of our own; an empty `token` has one made up."""
    config = settings()
    config.Voila.root_dir = str(folder)
    config.Voila.open_browser = browser
    config.Voila.config_file_paths = []  # a Voila configuration of the user's is not for us
    config.Voila.log_level = logging.ERROR
    config.Voila.kernel_websocket_connection_class = StrictConnection
    if token:
        config.Voila.token = token
    else:
        config.Voila.auto_token = token is not None
    config.VoilaConfiguration.kernel_spec_manager_class = LessonPython
    config.KernelManager.client_factory = PromptClient
    if provisioner.POSSIBLE:
        # Files, not ports: a class that comes at once takes ports faster than they are handed out.
        config.KernelManager.transport = "ipc"
    config.VoilaConfiguration.multi_kernel_manager_class = Admission
    config.LessonPython.fork = fork
    config.Admission.places = kernels or places(fork)
    # Kernels of pages that are left alone for an hour end, connected or not.
    config.MappingKernelManager.cull_idle_timeout = 3600
    config.MappingKernelManager.cull_interval = 20
    config.MappingKernelManager.cull_connected = True
    return config


def serve(
    folder: Path,
    address: Address,
    browser: bool = True,
    kernels: int | None = None,
    token: str | None = None,
    open_to_all: bool = False,
    fork: bool = True,
) -> None:
    """Serve the lessons in `folder` until stopped; see ``lmmlab serve --help``.

    Raises
    ------
    SystemExit
        With a sentence, when it cannot or must not listen there.
    """
    prepare()
    # Tornado takes Jupyter's milliseconds between two pings for seconds, and says so.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    if token is None and "JUPYTER_TOKEN" in os.environ:
        token = os.environ["JUPYTER_TOKEN"]
    if token is None and not (address.private or open_to_all):
        raise SystemExit(
            f"lmmlab: whoever reaches this machine could use {address.host or 'all addresses'}. "
            "Add --token, which puts a secret into the address, or --open-to-all."
        )
    fork = fork and provisioner.POSSIBLE
    config = configuration(folder, browser, kernels, token, fork)
    if fork:
        provisioner.warm_up()
    server = LessonServer(config=config, address=address)
    server.port = address.port  # Voila tells it the kernels
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
