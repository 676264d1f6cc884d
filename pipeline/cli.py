"""The `coralline` command line. Each command is a module of a `commands` folder, imported only when it is called.

`exit_codes` has the table of exit codes, `machine_output` what `--json` prints when a command fails.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import traceback

import click

from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets
from pipeline import exit_codes, machine_output, termination
from pipeline.exit_codes import ExitCode

# Name and one line of help, in the order of the work; the module has that name.
COMMANDS = {
    "demo": "Draw a small data set of shapes and run the whole pipeline on it.",
    "check": "Check a data set and the settings before you train.",
    "import-config": "Turn a pipeline.config of the Object Detection API into a configuration.",
    "run": "Run the pipeline on this machine: from a folder of annotated images to a published int8 detector.",
    "tensorboard": "Show the curves of a training in a browser.",
    "inspect": "Say what is in a .tflite file, and what the Edge TPU will take of it.",
    "predict": "Run a detector on images and videos: detections as JSON and as pictures.",
    "evaluate": "Score a detector on a data set: COCO average precision.",
    "report": "Find the page of an earlier run: how good its model is, and what became of it.",
    "rollback": "Serve the version that was published before.",
    "gc": "Delete files that nothing needs any more from an output folder.",
    "compile": "Write the pipeline as a spec for Kubeflow Pipelines v2 or Vertex AI.",
    "rehearse": "Run a compiled spec here, by what a Kubeflow Pipelines backend does with it.",
    "submit": "Run a compiled spec on a cluster.",
    "schedule": "Run a compiled spec on a cluster, on a schedule.",
    "schedules": "List the schedules of a cluster; pause, resume or delete one.",
    "runs": "List the runs of a cluster; show one, wait for it, or cancel it.",
    "lineage": "Browse ML Metadata: runs, artifacts, and where a published model came from.",
    "test": "Run Coralline's own tests.",
}
# Commands of several modules have a folder each; those for clusters are a floor higher up.
_ROOMS = {"check", "evaluate", "import-config", "lineage", "predict", "schedule"}
_OF_DEPLOYMENT = {"compile", "rehearse", "submit", "schedule", "schedules", "runs"}


class _LazyGroup(click.Group):
    """Knows its commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        floor = "deployment" if cmd_name in _OF_DEPLOYMENT else "pipeline"
        module = f"{floor}.commands.{cmd_name.replace('-', '_')}" + ".command" * (cmd_name in _ROOMS)
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    epilog=exit_codes.help_text(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(package_name="coralline")
def _coralline() -> None:
    """From a folder of annotated images to an 8-bit TFLite detector for the Coral Edge TPU."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits."""
    _escape_what_cannot_be_encoded()
    termination.heed_sigterm()
    as_json = machine_output.is_wanted(sys.argv[1:] if arguments is None else arguments)
    try:
        code = int(_coralline.main(arguments, prog_name="coralline", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = ExitCode.DONE
    except click.exceptions.Exit as leave:
        code = leave.exit_code
    except BrokenPipeError:
        # The reader of our output (`| head`) has closed it.
        _leave_at_once(ExitCode.PIPE_CLOSED)
    except (click.Abort, KeyboardInterrupt) as error:
        code = termination.exit_code_of(error)
        machine_output.tell_error(error, code, as_json)
        _leave_at_once(code)
    except Exception as error:
        code = error.exit_code if isinstance(error, click.ClickException) else ExitCode.FAILED
        if not isinstance(error, UserError | click.ClickException):
            print(without_secrets(traceback.format_exc()), end="", file=sys.stderr)
        machine_output.tell_error(error, code, as_json)
    if "tensorflow" in sys.modules:
        # Its teardown takes a second and waits for threads that an executor may have left behind.
        _leave_at_once(code)
    sys.exit(code)


def _escape_what_cannot_be_encoded() -> None:
    """Makes standard output escape characters that its encoding lacks, as standard error does, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _leave_at_once(code: int) -> None:
    """Ends the process without waiting for threads that Beam, gRPC or TensorFlow may have left behind."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)
