"""`coralline run` and `demo`: a local run as a person sees it, from the first check to the list of results."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coralline.data.boxes import Boxes
from coralline.data.images import seen_images
from coralline.detector.anchors import anchor_advice, anchor_choice, anchor_fit
from coralline.detector.anchors.anchor_fit import PresetFit
from coralline.foundation import progress
from coralline.foundation.errors import UserError
from coralline.foundation.json_text import as_json_text
from coralline.foundation.output_capture import output_to
from coralline.foundation.printable import without_secrets
from coralline.foundation.progress import counted
from coralline.publishing import served_model
from pipeline import preflight
from pipeline.config import Config
from pipeline.local_runner import new_run_id, run_pipeline, with_absolute_paths
from pipeline.running.console import RunConsole, duration
from pipeline.running.failed_run import record_failed_run
from pipeline.running.out_folder import OutFolder
from pipeline.running.run_facts import RunCall

_LOADING = "TensorFlow and TFX"
# Kept in memory from the check before a run until the examples are written, so that images are read once.
_IMAGE_BYTES = 256 << 20
# As the system, SQLite and the quota of a file system say it; most libraries hand on the words alone.
_DISK_IS_FULL = ("No space left on device", "disk is full", "Disk quota exceeded")


def run_locally(config: Config, as_json: bool, config_file: str | None = None) -> dict[str, Any]:
    """Runs the pipeline and shows the result.

    Args:
      config: the settings.
      as_json: the summary alone goes to standard output, as JSON, and everything for people to standard error.
      config_file: where they were read from, if from anywhere.

    Returns:
      The summary.

    Raises:
      UserError: the run couldn't begin, or a component has failed; a bug is one sentence that names the log. The
        summary of a run that had begun is in `OUT/runs` and goes with the error as its document.
    """
    call, config = RunCall.of(config, config_file), with_absolute_paths(config)
    seen_images.keep_bytes(_IMAGE_BYTES)
    progress.set_sink(progress.LineSink())
    found = preflight.check_before_run(config)
    run_id, out = new_run_id(), OutFolder(Path(config.out))
    log = out.log(run_id)
    with output_to(log) as terminal:
        console = RunConsole(terminal.stderr if as_json else terminal.stdout)
        console.say(f"Run {run_id} in {out.path}", "bold")
        console.say(_what_was_found(found, config))
        console.say()
        listener = _ConsoleListener(console)
        progress.set_sink(console)
        try:
            listener.load()
            # TFX passes the command line's arguments to executors as flags.
            sys.argv = sys.argv[:1]
            last_run = run_pipeline(config, found, run_id, listener, call)
            summary = _finish(out, last_run, listener, log)
        except KeyboardInterrupt as error:
            record_failed_run(out, run_id, error, listener.component, listener.seconds, listener.reused)
            raise
        except Exception as error:
            with contextlib.suppress(OSError):  # a full disk
                sys.stderr.write(without_secrets(traceback.format_exc()))
            told = explain_failed_run(error, listener.current, log)
            record_failed_run(out, run_id, told, listener.component, listener.seconds, listener.reused)
            raise told from error
        finally:
            console.stop()
        _say_result(console, summary)
        if as_json:
            print(as_json_text(summary), file=terminal.stdout)
    return summary


class _ConsoleListener:
    """Shows components as they run, and records their times."""

    def __init__(self, console: RunConsole):
        self._console = console
        self.current = _LOADING
        self.component: str | None = None
        self.seconds: dict[str, float] = {}
        self.reused: list[str] = []

    def load(self) -> None:
        """Imports what every run needs, which takes longer than many a component."""
        began = time.monotonic()
        self._console.begin(_LOADING)
        import pipeline.create_pipeline
        import pipeline.running.local_dag_runner  # noqa: F401

        self._console.end(_LOADING, duration(time.monotonic() - began))

    def component_begins(self, node_id: str) -> None:
        self.current = self.component = node_id
        self._console.begin(node_id)

    def component_ended(self, node_id: str, outcome: Any, seconds: float) -> None:
        self.seconds[node_id] = seconds
        reused = outcome.value == "reused"
        if reused and node_id not in self.reused:
            self.reused.append(node_id)
        self._console.end(node_id, "reused" if reused else duration(seconds))

    def component_failed(self, node_id: str, error: BaseException) -> None:
        self._console.end(node_id, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed")


def _finish(out: OutFolder, run_id: str, listener: _ConsoleListener, log: Path) -> dict[str, Any]:
    from pipeline.running.run_summary import summarize

    listener.component = None
    summary = summarize(out, run_id, log, listener.seconds, listener.reused)
    out.point_report_to(Path(summary["report"]).parent)
    out.write_summary(run_id, as_json_text(summary) + "\n")
    return summary


def explain_failed_run(error: Exception, doing: str, log: Path) -> UserError:
    """The error for the user: a mistake of theirs unchanged, a bug in one sentence.

    Args:
      error: what ended the run.
      doing: the component that was running.
      log: of the run.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, UserError):
            return cause
    if any(words in str(cause) for cause in causes for words in _DISK_IS_FULL):
        return _full_disk(log.parent.parent, Path(tempfile.gettempdir()))
    first_line = (str(error).strip().splitlines() or [""])[0]
    return UserError(
        f"{doing} failed: a bug, or a lack of memory or disk",
        found=f"{type(error).__name__}: {first_line[:300]}",
        fix=f"see the end of {log}; the same command resumes",
    )


def _full_disk(out: Path, temporary: Path) -> UserError:
    """Of the two disks that a run writes to, the fuller one."""
    free = {folder: shutil.disk_usage(folder).free for folder in (out, temporary)}
    if os.stat(temporary).st_dev != os.stat(out).st_dev and free[temporary] < free[out]:
        return UserError(
            "the disk of temporary files is full",
            file=temporary,
            expected="room for what libraries write aside",
            found=f"{free[temporary] / 2**20:.0f} MiB free",
            fix="make room or name another folder in TMPDIR; the same command resumes",
        )
    return UserError(
        "the disk of the output folder is full",
        file=out,
        expected="room for examples, checkpoints and models",
        found=f"{free[out] / 2**20:.0f} MiB free",
        fix="make room or name another folder with --out; the same command resumes",
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _what_was_found(found: preflight.Preflight, config: Config) -> str:
    data = found.dataset
    boxes = sum(len(image.class_names) for image in data.images)
    classes = ", ".join(data.label_map.names)
    return (
        f"{data.reader} data in {config.data.path}: {counted(len(data.images), 'image')}, {counted(boxes, 'box')}, "
        f"{'class' if len(data.label_map) == 1 else 'classes'} {classes}"
        f"\npreset {found.settings.preset.name} at {found.settings.preset.input_size} pixels: {found.mapping.sentence}"
        + "".join(f"\n{line}" for line in (*about_anchors(found), *_about_what_is_served(config)))
    )


def _about_what_is_served(config: Config) -> Iterator[str]:
    served = served_model.served_now(config.push.to or str(OutFolder(Path(config.out)).published))
    if served is not None and served.damage is not None and config.evaluate.max_loss_to_baseline is not None:
        yield (
            f"the served version {served.version} is damaged ({served.damage}): no other model will take its place; "
            "serve a whole one with `coralline rollback`, or remove `latest`"
        )


def about_anchors(found: preflight.Preflight) -> Iterator[str]:
    """The lines at the start of a run on boxes that fit no anchor, and what would help.

    None if there are hardly any; `check` and the data report name those, too.
    """
    images = found.dataset.images
    boxes = Boxes.of(images)
    fit = PresetFit.of(boxes, found.settings.preset)
    if found.settings.preset != found.own_preset:
        fitted = anchor_advice.Advice(PresetFit.of(boxes, found.own_preset), fit)
        yield (
            f"anchors are fitted to the training boxes: {fitted.described()}; {fit.unmatched} of "
            f"{counted(len(boxes), 'box')} match none, {fitted.now.unmatched} with the preset's own"
        )
    advice = None if anchor_choice.is_good(fit.fit) else anchor_advice.advise(fit)
    if advice is None:
        return
    unmatched = anchor_fit.problem(fit, images, advice.sentence())
    yield unmatched.message if unmatched else f"boxes fit the anchors loosely; {advice.sentence()}"


def _say_result(console: RunConsole, summary: dict[str, Any]) -> None:
    from pipeline.running.run_summary import where_published

    metrics = summary["metrics"]
    shown = [(name, metrics[name]) for name in ("int8", "float", "baseline") if name in metrics]
    console.say()
    console.say(
        f"  {counted(summary['images'], 'image')}".ljust(22) + "".join(f"{name:>10}" for name, _ in shown), "bold"
    )
    for figure in ("AP", "AP50", "AP75"):
        console.say(f"  {figure:<20}" + "".join(f"{_figure(of[figure]):>10}" for _, of in shown))
    console.say()
    edgetpu = summary["edgetpu"]
    verdict = "blessed" if summary["blessed"] else "not blessed"
    reasons = f": {'; '.join(summary['reasons'])}" if summary["reasons"] else ""
    lines = {
        "Verdict": verdict + reasons,
        **({"Chosen": metrics["selection"]["sentence"]} if "selection" in metrics else {}),
        "Edge TPU": f"{edgetpu['mapped']} of {edgetpu['total']} operations, "
        + ("compiled" if edgetpu["compiled"] else "predicted; not compiled"),
        "Published": where_published(summary),
        "Model": summary["model"],
        "Report": summary["report"],
        "Data": summary["data_report"] + f" ({_anomalies(summary['anomalies'])})",
        "Log": summary["log"],
        "Lineage": f"coralline lineage show {summary['run_id']} --store {os.path.dirname(summary['store'])}",
    }
    for name, text in lines.items():
        console.say(f"  {name:<10}{text}")


def _anomalies(found: list[str]) -> str:
    return "TFDV anomalies: " + "; ".join(found) if found else "no TFDV anomalies"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
