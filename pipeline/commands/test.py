"""`coralline test`: the project's own tests, from any folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

_ROOT = Path(__file__).resolve().parents[2]
# Of pytest-xdist: how many processes `auto` means, and which files go together, is said in tests/conftest.py.
_SPREAD = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")


@click.command("test", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def command(pytest_arguments: tuple[str, ...]) -> None:
    """Run Coralline's own tests; arguments after `test` go to pytest.

    Two processes (one on a machine with one core or little memory) share them, a file at a time; `-n 0` runs them in
    one, as `--pdb` does.

    Tests on real data need CORALLINE_TEST_DATA, a folder with `data/` and `models/`; the test against the official
    reader of TFLite metadata needs CORALLINE_METADATA_READER, a Python with tflite-support. Without them they are
    skipped.
    """
    os.chdir(_ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *_SPREAD, *pytest_arguments])
