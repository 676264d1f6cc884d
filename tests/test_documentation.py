"""What the pages say is there: commands with their options, files that are linked to, settings."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from coralline.data.drawn_shapes import draw_dataset
from pipeline import cli, config

_ROOT = Path(__file__).resolve().parents[1]
_PAGES = [_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", *sorted((_ROOT / "docs").glob("*.md"))]
_EXAMPLES = sorted((_ROOT / "docs" / "examples").glob("*.yaml"))


def _blocks(language):
    for page in _PAGES:
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            yield pytest.param(block, id=f"{page.name}: {block.strip().splitlines()[0]}")


def _commands():
    for parameter in _blocks("sh"):
        for line in parameter.values[0].replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in ("coralline", "./coralline"):
                yield pytest.param(words[1:], id=" ".join(words[:3]))
    for example in _EXAMPLES:
        for line in re.findall(r"^# coralline (.*)$", example.read_text(encoding="utf-8"), re.MULTILINE):
            yield pytest.param(shlex.split(line), id=example.name)


@pytest.mark.parametrize("arguments", _commands())
def test_commands_of_the_pages_are_understood(arguments):
    command = cli._coralline
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            name, command, arguments = command.resolve_command(context, list(arguments))
    command.make_context(name, list(arguments))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_of_the_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)]*)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not _leads_somewhere(page, link)] == []


def _leads_somewhere(page, link):
    target, _, anchor = link.partition("#")
    there = page.parent / target if target else page
    return there.exists() and (not anchor or anchor in _anchors(there))


def _anchors(page):
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("block", _blocks("yaml"))
def test_settings_of_the_pages_are_valid(block, tmp_path):
    (tmp_path / "coralline.yaml").write_text(block, encoding="utf-8")
    loaded = config.load_config(tmp_path / "coralline.yaml").model_dump(exclude_unset=True)
    for section, settings in yaml.safe_load(block).items():
        if isinstance(settings, dict):
            assert settings.items() <= loaded[section].items()
        else:
            assert settings == loaded[section]


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_configurations_that_pass_the_check(example, tmp_path):
    draw_dataset(tmp_path / "data", images=40, size_px=96)
    settings = {"data.path": str(tmp_path / "data"), "data.reader": "auto", "model.warm_start": None}
    arguments = [f"--set={key}={yaml.safe_dump(value).splitlines()[0]}" for key, value in settings.items()]
    done = CliRunner().invoke(cli._coralline, ["check", "--config", str(example), *arguments])
    few = "too_little_data" in done.output  # the drawn set is smaller than a large batch
    assert done.exit_code == (1 if few else 0), done.output


def test_every_page_is_in_the_navigation_and_the_other_way_round():
    navigation = yaml.safe_load((_ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    named = re.findall(r"'([\w-]+\.md)'", str(navigation))
    assert sorted(named) == sorted(page.name for page in (_ROOT / "docs").glob("*.md"))


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs", reason="MkDocs isn't installed (the extra `docs`)")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "first-detector" / "index.html").is_file()
