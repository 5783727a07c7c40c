"""Write the first page of the site: ``python index.py SITE``. It lists the lessons in ``files``."""

import json
import sys
from html import escape
from pathlib import Path
from urllib.parse import quote

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lmmlab: lessons in your browser</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: auto; padding: 1rem; }}
li {{ margin: 0.8rem 0; }}
</style>
<!-- JupyterLite looks here for settings. -->
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
</head>
<body>
<main>
<h1>Learn linear mixed-effects models by moving them</h1>
<p>These lessons run in your browser: there is no server and nothing to install. Open a lesson,
wait until it is there, and choose <b>Run</b>, then <b>Run All Cells</b>. The first run loads Python
and its libraries, which takes a while; the browser keeps them for the next time.</p>
<ol>
{lessons}
</ol>
<p>What you change stays in this browser. Your progress lasts until you close the notebook: download
it there to keep it. <a href="lab/index.html">All files, in JupyterLab</a></p>
</main>
</body>
</html>
"""
LESSON = '<li><a href="notebooks/index.html?path={file}">{title}</a><br>{sentence}</li>'


def lesson(notebook: Path) -> str:
    """Return the line of one lesson, from its own metadata."""
    about = json.loads(notebook.read_text("utf-8"))["metadata"]["lmmlab"]
    title, sentence = escape(about["title"]), escape(about["sentence"])
    return LESSON.format(file=quote(notebook.name), title=title, sentence=sentence)


if __name__ == "__main__":
    site = Path(sys.argv[1])
    lessons = "\n".join(map(lesson, sorted(site.glob("files/*.ipynb"))))
    (site / "index.html").write_text(PAGE.format(lessons=lessons), "utf-8")
