"""`coralline tensorboard`: the curves of every training in an output folder, including a running one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from coralline.foundation.errors import UserError

_TRAINER = Path("artifacts", "QatTrainer")
_EVENT_FILES = "**/events.out.tfevents.*"


@click.command()
@click.argument("out", type=click.Path(path_type=Path), default="coralline-out")
@click.option("--port", type=int, default=6006, show_default=True, help="The port; 0 takes any free one.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; 0.0.0.0 lets other machines connect.",
)
def command(out: Path, port: int, host: str) -> None:
    """Show the losses, AP and pictures of the trainings in the output folder OUT in a browser.

    TensorBoard prints the address; Ctrl-C ends it. A running training shows up after its first report.
    """
    logs = out / _TRAINER
    if not any(logs.glob(_EVENT_FILES)):
        raise UserError(
            "there is no training in this folder",
            file=str(out),
            expected=f"TensorBoard logs below {_TRAINER}",
            found="none" if out.exists() else "no such folder",
            fix="give the --out folder of a run that has started training",
        )
    arguments = ["--logdir", str(logs), "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, "-m", "tensorboard.main", *arguments])
