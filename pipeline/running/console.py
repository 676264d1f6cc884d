"""What a person sees of a local run: one line a component, and a bar while it trains."""

from __future__ import annotations

import time
from typing import TextIO

import rich.console
import rich.progress
import rich.progress_bar
import rich.text

from coralline.foundation import progress

_NAME_WIDTH = 28
_SECONDS_BETWEEN_LINES = 20.0


class RunConsole(progress.Sink):
    """Shows a run on a terminal, or as plain lines where the stream is no terminal.

    It's also the sink of `coralline.foundation.progress`: what components report while they work is shown here.
    """

    def __init__(self, stream: TextIO):
        self._console = rich.console.Console(file=stream, highlight=False, soft_wrap=True)
        self._bar = _Bar(self._console) if self._console.is_terminal else _PlainLines(self._console)

    def say(self, text: str = "", style: str | None = None) -> None:
        """A line of its own."""
        self._console.print(rich.text.Text(text, style=style or ""))

    def begin(self, name: str) -> None:
        """Work of this name has begun."""
        self._bar.begin(name)

    def end(self, name: str, outcome: str) -> None:
        """It has ended: one line with the outcome, such as a time."""
        self._bar.stop()
        self.say(f"  {name:<{_NAME_WIDTH}}{outcome:>10}")

    def stop(self) -> None:
        """Removes the bar if the work ended early."""
        self._bar.stop()

    def training(self, step: progress.TrainingStep) -> None:
        """Training has come this far."""
        self._bar.training(step)

    def note(self, text: str) -> None:
        """One sentence from a component."""
        self.say(f"    {text}")


def duration(seconds: float) -> str:
    """`8.2 s`, `3:05` or `1:02:09`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _PlainLines:
    """Progress for a log: a line when a phase begins, now and then, and when it ends."""

    def __init__(self, console: rich.console.Console):
        self._console = console
        self._phase, self._printed_at = "", 0.0

    def begin(self, name: str) -> None:
        self._phase = ""

    def stop(self) -> None:
        self._phase = ""

    def training(self, step: progress.TrainingStep) -> None:
        now = time.monotonic()
        if step.phase == self._phase and step.step < step.total and now - self._printed_at < _SECONDS_BETWEEN_LINES:
            return
        self._phase, self._printed_at = step.phase, now
        self._console.print(f"    {step.phase} {step.step}/{step.total}  {step.figures(duration)}", markup=False)


class _Bar:
    """Progress for a terminal: a spinner with the time, and a bar once there are steps to count."""

    def __init__(self, console: rich.console.Console):
        self._console = console
        self._progress: rich.progress.Progress | None = None
        self._task = rich.progress.TaskID(0)

    def begin(self, name: str) -> None:
        self.stop()
        self._progress = rich.progress.Progress(
            rich.progress.SpinnerColumn(),
            rich.progress.TextColumn("{task.description}", markup=False),
            _BarOfSteps(),
            rich.progress.TextColumn("{task.fields[figures]}", markup=False),
            _Elapsed(),
            console=self._console,
            transient=True,
            # Standard output and error belong to the log; rich would draw them back onto the terminal.
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task(name, total=None, figures="")
        self._progress.start()

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def training(self, step: progress.TrainingStep) -> None:
        if self._progress is not None:
            self._progress.update(
                self._task,
                total=step.total,
                completed=step.step,
                figures=f"{step.phase} {step.step}/{step.total}  {step.figures(duration)}",
            )


class _BarOfSteps(rich.progress.ProgressColumn):
    """A bar if there are steps to count."""

    def render(self, task: rich.progress.Task) -> rich.console.RenderableType:
        if task.total is None:
            return rich.text.Text()
        return rich.progress_bar.ProgressBar(total=task.total, completed=task.completed, width=24)


class _Elapsed(rich.progress.ProgressColumn):
    """The time since the work began."""

    def render(self, task: rich.progress.Task) -> rich.text.Text:
        return rich.text.Text(duration(task.elapsed or 0), style="dim")
