"""The templates of a page are compiled once, and anew when they have changed."""

import pytest
from jinja2 import Environment
from voila import notebook_renderer
from voila.exporter import VoilaExporter

from lmmlab.page import templates


@pytest.fixture(autouse=True)
def nothing_compiled(monkeypatch):
    monkeypatch.setattr(templates, "_MEMORY", templates._Memory())


@pytest.fixture
def compiled(monkeypatch):
    """Names of the templates, as they are compiled."""
    names, compile_ = [], Environment.compile

    def noted(environment, source, name=None, *more, **options):
        names.append(name)
        return compile_(environment, source, name, *more, **options)

    monkeypatch.setattr(Environment, "compile", noted)
    return names


def page(folder, exporter=templates.CompiledOnce):
    environment = exporter(template_paths=[str(folder)], template_name="lab").environment
    return environment.get_template("page.html.j2")


def test_a_second_page_compiles_nothing(tmp_path, compiled):
    (tmp_path / "base.html.j2").write_text("<b>{% block text %}{% endblock %}</b>")
    own = '{% extends "base.html.j2" %}{% block text %}{{ 1 + 1 }}{% endblock %}'
    (tmp_path / "page.html.j2").write_text(own)
    first = page(tmp_path).render()
    assert compiled == ["page.html.j2", "base.html.j2"]
    assert page(tmp_path).render() == first == "<b>2</b>"
    assert len(compiled) == 2
    page(tmp_path, VoilaExporter).render()  # Voila alone would
    assert len(compiled) == 4


def test_a_template_that_has_changed_is_compiled_again(tmp_path):
    for text in ("before", "after"):
        (tmp_path / "page.html.j2").write_text(text)
        assert page(tmp_path).render() == text


def test_templates_of_one_name_do_not_stand_in_for_each_other(tmp_path):
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "page.html.j2").write_text("{{ 'same' }}")
        assert page(folder).filename == str(folder / "page.html.j2")


def test_pages_of_voila_are_made_with_it(monkeypatch):
    monkeypatch.setattr(notebook_renderer, "VoilaExporter", VoilaExporter)
    templates.compile_once()
    assert notebook_renderer.VoilaExporter is templates.CompiledOnce
