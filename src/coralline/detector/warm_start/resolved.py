"""What `model.warm_start` meant when it was looked up: which weights, by place and content."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from coralline.detector.model_settings import ModelSettings
from coralline.detector.presets import Preset
from coralline.detector.warm_start import download, weights_source
from coralline.detector.warm_start.weights_source import LATEST_BLESSED
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import served_model

_FILE = "warm_start.json"


@dataclasses.dataclass(frozen=True)
class ResolvedWarmStart:
    """The weights that training begins with.

    Attributes:
      source: the setting.
      path: of the weights; empty if there are none yet (`latest_blessed` before the first model).
      sha256: of their content; empty for a URL, which is checked when it's fetched.
      version, pipeline_run: of a published model, and of the run that published it; else empty.
    """

    source: str
    path: str
    sha256: str = ""
    version: str = ""
    pipeline_run: str = ""

    @classmethod
    def of(cls, model: ModelSettings, preset: Preset, published_at: str) -> ResolvedWarmStart:
        """Looks the weights up.

        Args:
          model: with `warm_start` set.
          preset: the detector's.
          published_at: where models are published, for `latest_blessed`.

        Raises:
          UserError: there are no such weights, or they are of another backbone than the preset's.
        """
        if model.warm_start == LATEST_BLESSED:
            found = _served(published_at)
            return dataclasses.replace(found, sha256=_sha256(found.path, None, preset)) if found.path else found
        source = str(model.warm_start)
        sha256 = "" if download.is_url(source) else _sha256(source, model.warm_start_sha256, preset)
        return cls(source, source, sha256)

    @classmethod
    def read(cls, folder: str) -> ResolvedWarmStart:
        """What `write` has written into a folder."""
        return cls(**json.loads(storage.read_bytes(f"{folder}/{_FILE}")))

    def write(self, folder: str) -> None:
        """Writes `warm_start.json`."""
        storage.write_bytes(f"{folder}/{_FILE}", (json.dumps(self.as_json(), indent=2) + "\n").encode())

    def as_json(self) -> dict[str, Any]:
        """The attributes by name."""
        return dataclasses.asdict(self)

    def applied_to(self, model: ModelSettings) -> ModelSettings:
        """The section with these very weights as its warm start."""
        found = {"warm_start": self.path or None, "warm_start_sha256": self.sha256 or model.warm_start_sha256}
        return model.model_copy(update=found)


def _sha256(path: str, expected: str | None, preset: Preset) -> str:
    return weights_source.obtain(path, expected, preset).fingerprint()


def _served(published_at: str) -> ResolvedWarmStart:
    served = served_model.served_now(published_at)
    if served is None:
        return ResolvedWarmStart(LATEST_BLESSED, "")
    if served.damage is not None:
        raise UserError(
            "the model that training should begin with is damaged",
            file=served.folder,
            expected="the version as it was published",
            found=served.damage,
            fix="serve a whole one with `coralline rollback`, or set another `model.warm_start`",
        )
    lineage = served.manifest.get("lineage", {})
    run = str(lineage.get("pipeline_run", "")) if isinstance(lineage, dict) else ""
    return ResolvedWarmStart(LATEST_BLESSED, served.folder, version=served.version, pipeline_run=run)
