"""What the pages say is there: commands with their options, files that are linked to, settings."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from pipeline import cli, config

_ROOT = Path(__file__).resolve().parents[1]
_PAGES = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]


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


@pytest.mark.parametrize("arguments", _commands())
def test_commands_of_the_pages_are_understood(arguments):
    command = cli._coralline
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            name, command, arguments = command.resolve_command(context, list(arguments))
    command.make_context(name, list(arguments))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_of_the_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("block", _blocks("yaml"))
def test_settings_of_the_pages_are_valid(block, tmp_path):
    (tmp_path / "coralline.yaml").write_text(block, encoding="utf-8")
    loaded = config.load_config(tmp_path / "coralline.yaml").model_dump()
    for section, settings in yaml.safe_load(block).items():
        assert settings.items() <= loaded[section].items()
