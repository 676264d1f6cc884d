"""The problems found so far, each with what is done about it."""

from __future__ import annotations

from collections.abc import Iterable

from coralline.data.data_settings import DataSettings
from coralline.data.judging.policies import Policy
from coralline.data.judging.problems import Problem


class Findings:
    """Collects problems and decides about each."""

    def __init__(self, settings: DataSettings, problems: Iterable[Problem] = ()):
        self._settings = settings
        self.problems = [settings.decide(problem) for problem in problems]

    def note(self, problem: Problem) -> Policy:
        """Adds a problem; returns what to do about it."""
        decided = self._settings.decide(problem)
        self.problems.append(decided)
        return decided.policy
