"""`coralline lineage`: ML Metadata in the terminal and in a browser. Each command is a module, imported when called."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "list": ("list_command", "List runs, the newest first, or artifacts of a type."),
    "show": ("show_command", "Show one run, execution or artifact: what it was made from and what used it."),
    "why": ("why_command", "Why a file is served: its data, settings, code, baseline and verdict."),
    "diff": ("diff_command", "What differs between two runs: settings, data, code, scores, images."),
    "impact": ("impact_command", "What came of an artifact, a file or a data set: which published models saw it."),
    "stale": ("stale_command", "What is served, and whether newer data, newer code or a better run exists."),
    "serve": ("serve_command", "Show runs, graphs, scores and what is served on a page in the browser."),
    "export": ("export_command", "Write a run or an artifact as OpenLineage events, a graph, a page or a model card."),
}
"""By name: the module in this folder that has it as `command`, and a line of help; in the order of --help."""


class _LineageGroup(click.Group):
    """Imports only the command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = importlib.import_module(f"pipeline.commands.lineage.{module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_LineageGroup)
def command() -> None:
    """Browse ML Metadata: runs, artifacts, and where a published model came from."""
