"""The layout of the output folder of local runs."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path

from coralline.foundation.errors import UserError


@dataclasses.dataclass(frozen=True)
class OutFolder:
    """The folder of a local run's results; several runs may share it, even at the same time."""

    path: Path

    @property
    def store(self) -> Path:
        """ML Metadata, SQLite."""
        return self.path / "metadata.sqlite"

    @property
    def artifacts(self) -> Path:
        """TFX's pipeline root: `<node>/<output>/<execution id>/`; and `data_history/`, summaries of earlier data."""
        return self.path / "artifacts"

    @property
    def published(self) -> Path:
        """Where models are published unless the configuration names another place."""
        return self.path / "published"

    @property
    def report(self) -> Path:
        """A link to the folder of the newest run's report."""
        return self.path / "report"

    def log(self, run_id: str) -> Path:
        """Everything that the libraries wrote during the run."""
        return self.path / "logs" / f"{run_id}.log"

    def summary(self, run_id: str) -> Path:
        """The run's summary, as `coralline run --json` prints it; also of a run that failed or was interrupted."""
        return self.path / "runs" / f"{run_id}.json"

    def prepare(self) -> None:
        """Makes the folder, and makes sure that files can be written there.

        Raises:
          UserError: it can't be made or written to.
        """
        try:
            for folder in (self.artifacts, self.path / "logs", self.path / "runs"):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass
        except OSError as error:
            raise UserError(
                "the output folder can't be written to",
                file=self.path,
                expected="a folder, or a path where one can be made, that this user may write to",
                found=error,
                fix="name another one with --out, or in `out:` of the configuration",
            ) from error

    def write_summary(self, run_id: str, text: str) -> Path:
        """Writes the summary of a run in one go."""
        target = self.summary(run_id)
        aside = target.with_suffix(f".{os.getpid()}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(target)
        return target

    def point_report_to(self, folder: Path) -> None:
        """Makes `report` a link to this folder, in one go."""
        aside = self.path / f".report.{os.getpid()}"
        aside.unlink(missing_ok=True)
        aside.symlink_to(os.path.relpath(folder, self.path))
        aside.replace(self.report)
