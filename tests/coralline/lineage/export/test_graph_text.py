"""Graphs for Graphviz and Mermaid, read by their own parsers where these are to be had."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawn(exported: Any) -> Any:
    """`drawn(*arguments)`: Graphviz's picture, as XML."""
    if shutil.which("dot") is None:
        pytest.skip("Graphviz's dot isn't installed")

    def draw(*arguments: Any) -> ElementTree.Element:
        text = exported(*arguments, "--format", "dot")
        done = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return ElementTree.fromstring(done.stdout)

    return draw


def test_graphviz_draws_a_run(out: Path, drawn: Any) -> None:
    groups = [g.get("class") for g in drawn("20260101", "--store", out).iter(f"{_SVG}g")]
    assert (groups.count("node"), groups.count("edge")) == (7, 7)


def test_graphviz_draws_hostile_names(hostile_store: Path, drawn: Any) -> None:
    texts = [text.text or "" for text in drawn("latest", "--store", hostile_store).iter(f"{_SVG}text")]
    assert any('a"b\\c\\nd</script><b>&{x}|`\\x1b[31m' in text for text in texts)


def test_a_large_graph_says_what_is_left_out(out: Path, exported: Any) -> None:
    for form in ("dot", "mermaid"):
        text = exported("artifact:4", "--store", out, "--format", form, "--limit", 3)
        assert "nodes are left out, those farthest away" in text
        assert "PushedModel 4" in text
    assert "left out" not in exported("artifact:4", "--store", out, "--format", "dot")


def test_mermaid_names_every_node_and_edge(out: Path, exported: Any) -> None:
    text = exported("20260102", "--store", out, "--format", "mermaid")
    assert text.startswith("flowchart LR\n")
    assert 'n5["QatTrainer<br/>reused"]' in text and '(["Model 3"])' in text
    assert text.count("-->") == 7


def test_mermaid_takes_nothing_for_markup(hostile_store: Path, exported: Any) -> None:
    text = exported("latest", "--store", hostile_store, "--format", "mermaid")
    labels = "".join(line for line in text.splitlines() if "[" in line or "--" in line)
    assert not set("\\<>{}|`&%;\x1b") & set(labels.replace("<br/>", "").replace("-->", "").replace(";", "")) - {"&"}
    assert "</script>" not in text and "&" not in text


_RENDERED = """<meta charset="utf-8"><script src="{library}"></script>
<pre id="text">{text}</pre><div id="answer">none</div>
<script>
  mermaid.initialize({{startOnLoad: false}});
  const text = document.getElementById("text").textContent, answer = document.getElementById("answer");
  mermaid.render("picture", text).then(
    (made) => {{ answer.textContent = "nodes " + made.svg.split('class="node ').length; }},
    (error) => {{ answer.textContent = "refused: " + error; }});
</script>"""


@pytest.mark.parametrize("store", ["out", "hostile_store"])
def test_mermaid_draws_it_in_a_browser(store: str, request: Any, exported: Any, tmp_path: Path) -> None:
    library = Path(os.environ.get("CORALLINE_NODE_MODULES", ""), "mermaid/dist/mermaid.min.js").absolute()
    browser = shutil.which("chromium")
    if browser is None or not library.is_file():
        pytest.skip("there is no chromium, or CORALLINE_NODE_MODULES names no node_modules with mermaid")
    text = exported("20260101", "--store", request.getfixturevalue(store), "--format", "mermaid")
    page = tmp_path / "page.html"
    page.write_text(_RENDERED.format(library=library.as_uri(), text=html.escape(text)))
    flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}")
    command = [browser, *flags, "--virtual-time-budget=20000", "--dump-dom", page.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    answer = re.search(r'<div id="answer">(.*?)</div>', shown, re.DOTALL)
    nodes = len(re.findall(r"^  n\d+[(\[]", text, re.MULTILINE))
    assert answer is not None and answer[1] == f"nodes {nodes + 1}"
