"""What a run leaves that doesn't end well: its summary, which says what failed, where and why."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from coralline.foundation.code_version import code_version
from coralline.foundation.errors import UserError
from coralline.foundation.json_text import as_json_text
from pipeline import machine_output
from pipeline.exit_codes import ExitCode
from pipeline.running.out_folder import OutFolder
from pipeline.termination import exit_code_of


def record_failed_run(
    out: OutFolder,
    run_id: str,
    error: UserError | KeyboardInterrupt,
    component: str | None,
    seconds: Mapping[str, float],
    reused: Sequence[str],
) -> None:
    """Writes the summary of a run that has failed or was interrupted, and has `--json` print it.

    It asks nothing of ML Metadata, and raises nothing if it can't be written: the error itself is what must be told.

    Args:
      out: the run's output folder.
      run_id: the run.
      error: what ended it, as it is told.
      component: that was running; None before the first and after the last one.
      seconds: by component, of those that were done.
      reused: the components whose earlier result was reused.
    """
    interrupted = isinstance(error, KeyboardInterrupt)
    content = {
        "exit_code": int(exit_code_of(error) if interrupted else ExitCode.FAILED),
        "error": machine_output.error_entry(error),
        "state": "interrupted" if interrupted else "failed",
        "run_id": run_id,
        "component": component,
        "seconds": {node: round(taken, 3) for node, taken in seconds.items()},
        "reused": list(reused),
        "log": str(out.log(run_id)),
        "store": str(out.store),
        "code": code_version(),
    }
    summary = machine_output.named("failed-run", content)
    machine_output.attach_document(error, summary)
    with contextlib.suppress(OSError):
        out.write_summary(run_id, as_json_text(summary) + "\n")
