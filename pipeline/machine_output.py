"""What `--json` prints: one JSON document on standard output, whatever the outcome, and words on standard error.

Each document is an object whose first key is `schema`: `coralline.NAME/VERSION`. A version goes up when a key is taken
away or changes its meaning; new keys may come without. `pipeline.json_documents` has the shape of each, docs/json.md
the page for people. This module is imported by every call of the command line, so it imports nothing that is slow.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import click

from coralline.foundation.errors import UserError
from coralline.foundation.json_text import as_json_text
from pipeline.exit_codes import ExitCode
from pipeline.termination import exit_code_of

SCHEMA = "schema"
"""The key in each document that names its schema."""
VERSIONS = {
    "check": 1,
    "compile": 1,
    "error": 1,
    "evaluate": 1,
    "evaluation-report": 1,
    "failed-run": 1,
    "gc": 1,
    "import-config": 1,
    "inspect": 1,
    "lineage-artifact": 1,
    "lineage-artifacts": 1,
    "lineage-diff": 1,
    "lineage-execution": 1,
    "lineage-export": 1,
    "lineage-impact": 1,
    "lineage-list": 1,
    "lineage-run": 1,
    "lineage-stale": 1,
    "lineage-types": 1,
    "lineage-why": 1,
    "manifest": 1,
    "predict": 1,
    "rehearse": 1,
    "report": 1,
    "rollback": 1,
    "rollback-list": 1,
    "run": 1,
    "runs-list": 1,
    "runs-run": 1,
    "schedule": 1,
    "schedules-change": 1,
    "schedules-list": 1,
    "submit": 1,
}
"""The version of each document's schema."""


_DOCUMENT = "coralline_document"
_INTERRUPTED = {ExitCode.INTERRUPTED: "interrupted", ExitCode.TERMINATED: "ended by SIGTERM"}


def attach_document(error: BaseException, document: Mapping[str, Any] | None) -> None:
    """Has `tell_error` print this document for the error; None: nothing, what was printed already says it."""
    vars(error)[_DOCUMENT] = document


def schema_name(name: str) -> str:
    """`coralline.run/1`."""
    return f"coralline.{name}/{VERSIONS[name]}"


def named(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """A document: the content under the name of its schema."""
    return {SCHEMA: schema_name(name), **content}


def print_document(name: str, content: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Prints a document, to standard output unless a stream is given."""
    click.echo(as_json_text(named(name, content)), file=stream)


def is_wanted(arguments: Sequence[str]) -> bool:
    """Whether `--json` is among the options of a call, which may be wrong otherwise."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def error_entry(error: BaseException) -> dict[str, Any]:
    """An error as documents have it: type, message, file, line, expected, found, fix."""
    if isinstance(error, UserError):
        fields = error.fields()
        return {"type": "user_error", "message": fields.pop("what"), **fields}
    entry: dict[str, Any] = dict.fromkeys(("type", "message", "file", "line", "expected", "found", "fix"))
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "coralline"
        return entry | {"type": "usage", "message": error.format_message(), "fix": f"`{path} --help` shows the usage"}
    if isinstance(error, click.ClickException):
        return entry | {"type": "user_error", "message": error.format_message()}
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return entry | {"type": "interrupted", "message": _INTERRUPTED[exit_code_of(error)]}
    return entry | {"type": "bug", "message": f"{type(error).__name__}: {error}"}


def tell_error(error: BaseException, code: int, as_json: bool) -> None:
    """Tells an error in words on standard error, and as a document on standard output if asked to.

    A bug's traceback is up to the caller.
    """
    if isinstance(error, click.ClickException):
        error.show()
    elif isinstance(error, KeyboardInterrupt | click.Abort):
        print(_INTERRUPTED[exit_code_of(error)], file=sys.stderr)
    elif isinstance(error, UserError):
        print(f"error: {error}", file=sys.stderr)
    if not as_json:
        return
    if isinstance(error, click.Abort) and error.__cause__ is not None:
        error = error.__cause__  # click puts Abort in the place of KeyboardInterrupt
    document = vars(error).get(_DOCUMENT, named("error", {"exit_code": int(code), "error": error_entry(error)}))
    if document is not None:
        click.echo(as_json_text(document))
