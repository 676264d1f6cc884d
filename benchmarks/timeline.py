"""Where the time of a training goes, in spans that functions take which are watched from outside."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class _Span:
    kind: str
    began: float
    ended: float
    cpu_s: float
    steps: int

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Timeline:
    """Phases of a training, one after the other, and what was watched in them; watching costs some microseconds."""

    def __init__(self) -> None:
        self._spans: dict[str, list[_Span]] = {}
        self._began: dict[str, float] = {}
        self._watching = False

    def begin(self, phase: str) -> None:
        """A phase begins, and the one before it ends."""
        self._began[phase] = time.monotonic()
        self._spans[phase] = []

    def begin_at(self, owner: Any, name: str, phase: str) -> None:
        """A phase begins when `owner.name` is called."""
        call = getattr(owner, name)

        @functools.wraps(call)
        def beginning(*args: Any, **kwargs: Any) -> Any:
            self.begin(phase)
            return call(*args, **kwargs)

        setattr(owner, name, beginning)

    def watch(self, owner: Any, name: str, kind: str, steps: Callable[..., int] = lambda *_: 0) -> None:
        """Takes each call of `owner.name` for a span of that kind; what is watched inside of it counts as part of it.

        Args:
          owner: a class or a module.
          name: of its function.
          kind: "steps", "checkpoints", "evaluations" or "writing".
          steps: how many steps a call takes, by its arguments.
        """
        call = getattr(owner, name)

        @functools.wraps(call)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._watching:
                return call(*args, **kwargs)
            self._watching, began, cpu_s = True, time.monotonic(), time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                self._watching = False
                span = _Span(kind, began, time.monotonic(), time.process_time() - cpu_s, steps(*args))
                self._spans[list(self._spans)[-1]].append(span)

        setattr(owner, name, watched)

    def figures(self) -> dict[str, dict[str, float]]:
        """{phase: {figure: value}}, the last phase ending now.

        `steps_per_s` is that of all loops of steps after the first, with the reports between them; so is `cpu_s`, of
        all cores, for one step. What steps take at that rate is taken off a phase's time; the rest of it is time
        outside of steps.
        """
        ends = [*list(self._began.values())[1:], time.monotonic()]
        return {
            phase: _figures(spans, self._began[phase], end)
            for (phase, spans), end in zip(self._spans.items(), ends, strict=True)
        }


def _figures(spans: list[_Span], began: float, ended: float) -> dict[str, float]:
    first, *others = (span for span in spans if span.kind == "steps")
    steps = sum(span.steps for span in others)
    rate = steps / sum(span.seconds for span in others)
    stepping = (first.steps + steps) / rate
    before = sum(span.seconds for span in spans if span.ended < first.began)
    outside = {
        "build and trace": first.ended - began - before - first.steps / rate,
        **{
            kind: sum(span.seconds for span in spans if span.kind == kind)
            for kind in ("checkpoints", "evaluations", "writing")
        },
    }
    whole = ended - began
    rest = whole - stepping - sum(outside.values())
    cpu_s = sum(span.cpu_s for span in others) / steps
    return {"steps_per_s": rate, "cpu_s": cpu_s, **outside, "rest": rest, "outside": whole - stepping, "whole": whole}
