"""What a person can choose about the data; the configuration's section `data`, as the domain sees it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from coralline.data.judging.policies import FAULTS, Policy
from coralline.data.judging.problems import Problem

ReaderName = Literal["auto", "voc", "coco", "yolo", "csv", "tfrecord"]
_POLICY_PREFIX = "on_"


@dataclasses.dataclass(frozen=True)
class DatasetOptions:
    """How a data set is read. The configuration says what each means and why it has its default.

    `policies` holds what differs from the table of faults, by kind.
    """

    path: str = ""
    reader: ReaderName = "auto"
    label_map: str | None = None
    eval_fraction: float = 0.2
    group_pattern: str | None = None
    train_list: str | None = None
    eval_list: str | None = None
    max_left_out: float = 0.1
    policies: Mapping[str, Policy] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_section(cls, section: Mapping[str, Any]) -> DatasetOptions:
        """From the configuration's section `data`, where policies stand beside the rest as `on_<kind>`."""
        policies = {
            key.removeprefix(_POLICY_PREFIX): value for key, value in section.items() if key.startswith(_POLICY_PREFIX)
        }
        rest = {key: value for key, value in section.items() if not key.startswith(_POLICY_PREFIX)}
        return cls(policies=policies, **rest)

    @classmethod
    def from_json(cls, text: str) -> DatasetOptions:
        """From the JSON of the configuration's section, as it reaches the component."""
        return cls.of_section(json.loads(text))

    def policy(self, kind: str) -> Policy:
        """What is done about a kind of fault."""
        return self.policies.get(kind, FAULTS[kind].default)

    def decide(self, problem: Problem) -> Problem:
        """The problem with what is done about it."""
        return dataclasses.replace(problem, policy=self.policy(problem.kind))


class Findings:
    """Collects problems, each with what is done about it."""

    def __init__(self, options: DatasetOptions, problems: Iterable[Problem] = ()):
        self._options = options
        self.problems = [options.decide(problem) for problem in problems]

    def note(self, problem: Problem) -> Policy:
        """Adds a problem; gives what is to be done about it."""
        decided = self._options.decide(problem)
        self.problems.append(decided)
        return decided.policy
