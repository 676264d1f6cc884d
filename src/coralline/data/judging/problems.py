"""What was found wrong in a data set, as data: counted, reported, and turned into one message when a run must stop."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from coralline.data.judging.policies import FAULTS, IN_WORDS, Policy
from coralline.foundation.errors import UserError
from coralline.foundation.printable import encodable, printable, shortened

_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Problem:
    """One fault, its place, and what is done about it.

    Attributes:
      kind: a kind of `policies.FAULTS`.
      file: the file it's about.
      message: one sentence.
      line: the line in the file, from 1.
      expected: what would have been right.
      found: what was there.
      fix: what to do about it.
      policy: what is done about it; the table's default until `DatasetOptions.decide` has set it.
      image: the image's name in the data set; None if it concerns none or many.
      xmin_ymin_xmax_ymax: the box it's about, in pixels of the upright image, as it was before it was fixed.
      fixable: False if it can't be fixed, although others of its kind can: it stops a run where those are fixed.
    """

    kind: str
    file: str
    message: str
    line: int | None = None
    expected: str | None = None
    found: str | None = None
    fix: str | None = None
    policy: Policy = "fail"
    image: str | None = None
    xmin_ymin_xmax_ymax: tuple[float, float, float, float] | None = None
    fixable: bool = True

    def as_json(self) -> dict[str, Any]:
        """What `coralline check --json` and the report show of it."""
        sentence = shortened(self.message)
        if self.found and self.found not in self.message:
            sentence += f" ({shortened(self.found)})"
        return {
            "kind": self.kind,
            "file": encodable(self.file),
            "line": self.line,
            "message": encodable(sentence),
            "policy": self.policy,
        }

    @property
    def place(self) -> str:
        """`file:line`, or the file alone."""
        return f"{self.file}:{self.line}" if self.line else self.file


def unread(file: str, what: str, *, line: int | None = None, found: str | None = None) -> Problem:
    """What an annotation says beyond what is read of it. `found` is a count, if the reader has counted the places."""
    fix = "nothing has to be done if a detector doesn't need it"
    return Problem("unread_content", file, f"{what} isn't read", line=line, found=found, fix=fix)


class DataProblem(Exception):
    """Raised while one file is read; whoever reads many files collects the problem."""

    def __init__(self, problem: Problem):
        super().__init__(problem.message)
        self.problem = problem


def failing(problems: Iterable[Problem]) -> list[Problem]:
    """Those that must stop a run."""
    return [problem for problem in problems if problem.policy == "fail"]


@dataclasses.dataclass(frozen=True)
class OfAKind:
    """Problems of one kind about which the same is done, as reports show them together."""

    kind: str
    policy: Policy
    problems: tuple[dict[str, Any], ...]

    @property
    def becomes(self) -> str:
        """What is done about them, in words."""
        return IN_WORDS[self.policy]


def by_kind(problems: Iterable[dict[str, Any]]) -> list[OfAKind]:
    """Problems as JSON (`Problem.as_json`) by kind, those that would stop a run first."""
    gravity = list(IN_WORDS)
    kinds = collections.defaultdict(list)
    for problem in problems:
        kinds[gravity.index(problem["policy"]), problem["kind"]].append(problem)
    return [OfAKind(kind, found[0]["policy"], tuple(found)) for (_, kind), found in sorted(kinds.items())]


def as_error(problems: Sequence[Problem]) -> UserError:
    """One message for all of them: the first in full, the next ones by a line, then how many more there are."""
    first, *others = problems
    fix = first.fix or "correct the file"
    if "drop" in FAULTS[first.kind].allowed:
        fix += f", or set data.on_{first.kind} to drop"
    if others:
        lines = [f"{printable(problem.place)}: {_quoted(problem.message)}" for problem in others[: _SHOWN - 1]]
        if len(others) > len(lines):
            lines.append(f"... and {len(others) - len(lines)} more")
        fix += f"\n  and {len(others)} more that stop a run (`coralline check --data PATH` shows all):" + "".join(
            f"\n    {line}" for line in lines
        )
    return UserError(
        _quoted(first.message),
        file=first.file,
        line=first.line,
        expected=first.expected and _quoted(first.expected),
        found=first.found and _quoted(first.found),
        fix=fix,
    )


def _quoted(text: str) -> str:
    """On one line, whatever the quoted file contains."""
    return printable(shortened(text))
