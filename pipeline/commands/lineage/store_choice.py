"""Which store a command reads, which run is meant, and how the answer is given: what the lineage commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from coralline.foundation.errors import UserError
from pipeline import machine_output

if TYPE_CHECKING:
    from rich.console import Console

    from coralline.lineage.run_history import RunHistory

store_option = click.option(
    "--store",
    envvar="CORALLINE_STORE",
    help="A SQLite file, the output folder of a run, grpc://host:port (the service of Kubeflow's ML Metadata),"
    " mysql://user:password@host/database or postgresql://... [default: the output folder that is here]",
)
"""Adds --store, as `store`."""

_PIPED_WIDTH = 10_000


def open_history(address: str | None) -> RunHistory:
    """The runs that a store knows; None: that of the output folder that is here.

    Raises:
      UserError: there is no store, or it can't be read.
    """
    from coralline.lineage.run_history import open_lineage

    return open_lineage(address or _default_store())


def _default_store() -> str:
    """The output folder of `run` or `demo` in the working directory."""
    for folder in (".", "coralline-out", "coralline-demo"):
        if os.path.isfile(os.path.join(folder, "metadata.sqlite")):
            return folder
    raise UserError(
        "no store of ML Metadata was named, and there is none here",
        expected="metadata.sqlite here, in coralline-out or in coralline-demo",
        fix="name an output folder or a store with --store",
    )


def answer(as_json: bool, name: str, data: Callable[[], dict[str, Any]], show_on: Callable[[Console], None]) -> None:
    """Prints a document, or shows the answer in words."""
    if as_json:
        machine_output.print_document(name, data())
    else:
        show_on(console())


def console() -> Console:
    """For people. What is piped isn't cut to the width of a terminal."""
    from rich.console import Console

    made = Console(highlight=False, emoji=False)
    return made if made.is_terminal else Console(highlight=False, emoji=False, width=_PIPED_WIDTH)
