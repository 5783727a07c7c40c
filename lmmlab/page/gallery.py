"""The gallery: what each lesson is called, and its picture.

Title, sentence and lab stand in the notebook's metadata, so a lesson is described in one place.
The picture is drawn from the lab itself, when it is first asked for, and then kept: it cannot
differ from what the lab shows.
"""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import authenticated

from lmmlab.app import LESSONS
from lmmlab.picture.palette import colour

PICTURE_URL = "lmmlab/picture/"
ASPECT = 5 / 4  # of a picture, as in page.css

# matplotlib keeps its settings in one global place: one picture is drawn at a time, and not in
# the thread that answers everybody.
_studio = ThreadPoolExecutor(max_workers=1)


@dataclass(frozen=True)
class Card:
    """What the gallery says about one lesson.

    Parameters
    ----------
    file : str
        Name of the notebook, ``"05-shrinkage.ipynb"``.
    number : str
        Its reserved number, ``"05"``; empty for a page that is no lesson.
    title, sentence : str
        From the notebook's metadata.
    lab : str
        The lab whose picture is shown, or empty.
    """

    file: str
    number: str
    title: str
    sentence: str
    lab: str


def cards(folder: Path) -> list[Card]:
    """Return a card for each of our pages that is in `folder`, in the order of the course."""
    return [_card(path) for name in LESSONS if (path := folder / f"{name}.ipynb").exists()]


def _card(path: Path) -> Card:
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("lmmlab", {})
    number, _, name = path.stem.partition("-") if path.stem[0].isdigit() else ("", "", path.stem)
    title = metadata.get("title", name.replace("-", " ").capitalize())
    return Card(path.name, number, title, metadata.get("sentence", ""), metadata.get("lab", ""))


def describe(page_config: dict[str, Any], **page: Any) -> dict[str, Any]:
    """Tell a folder's page its lessons (Voila's ``page_config_hook``)."""
    # Voila brings a MathJax; a Jupyter server names another one, far away, which would be used.
    page_config.update(fullMathjaxUrl=None, mathjaxConfig=None)
    path = page["notebook_path"].strip("/")
    if not path.endswith(".ipynb"):
        folder = Path(page["settings"]["contents_manager"].root_dir, path)
        page_config["lessons"] = [asdict(card) for card in cards(folder)]
    return page_config


@cache
def draw(name: str, theme: str) -> bytes:
    """Draw the first panel of a lab as SVG: the whole figure would be too small to read.

    All are as wide for their height as the card has room, whatever they are in the lab.

    Parameters
    ----------
    name : str
        Name of a lab in `lmmlab.labs`.
    theme : str
        ``"light"`` or ``"dark"``.
    """
    # matplotlib and the labs are loaded when the first picture is asked for, not at the start.
    from lmmlab import labs
    from lmmlab.picture.static import figure

    picture = getattr(labs, name).picture()
    panel = replace(picture, panels=(replace(picture.panels[0], aspect=ASPECT),))
    svg = BytesIO()
    figure(panel, theme=theme, width=5.2).savefig(svg, format="svg", metadata={"Date": None})
    return svg.getvalue()


def placeholder(theme: str) -> bytes:
    """Return a quiet picture for a lab that could not be drawn."""
    card, line = colour("card", theme), colour("rule", theme)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200">'
        f'<path fill="{card}" d="M0 0h320v200H0z"/>'
        f'<path stroke="{line}" stroke-width="2" d="M40 150 280 60M40 130 280 100M40 110 280 40"/>'
        "</svg>"
    ).encode()


class PictureHandler(JupyterHandler):
    """Answer with the picture of a lab, ``<lab>-light.svg`` or ``<lab>-dark.svg``."""

    @authenticated
    async def get(self, lab: str, theme: str) -> None:
        """Send the figure, or the placeholder and a line in the log that says why."""
        self.set_header("Content-Type", "image/svg+xml")
        try:
            svg = await IOLoop.current().run_in_executor(_studio, draw, lab, theme)
        except Exception as error:  # whatever a lab does, the gallery stands
            logging.getLogger("lmmlab").warning(
                "lmmlab: no picture of %s: %s: %s", lab, type(error).__name__, error
            )
            svg = placeholder(theme)
        with suppress(StreamClosedError):  # nobody waits for it any more
            await self.finish(svg)
