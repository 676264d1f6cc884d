"""The model that the candidate would replace, if there is one that it can be compared with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from components.evaluator.judged_models import published_model
from coralline.foundation.errors import UserError
from coralline.scoring.file_model import FileModel


@dataclasses.dataclass(frozen=True)
class Baseline:
    """What a ServedModel artifact holds.

    Attributes:
      model: None if it can't be compared with.
      missing: then why, in words; else empty.
      damaged: whether something is served that can't be read or run.
      known: the classes of the label map that it knows.
    """

    model: FileModel | None
    missing: str = ""
    damaged: bool = False
    known: tuple[str, ...] = ()

    @classmethod
    def read(cls, served: Any, class_names: Sequence[str]) -> Baseline:
        """From the artifact."""
        version, place = (served.get_string_custom_property(name) for name in ("version", "destination"))
        if not version:
            return cls(None, "nothing has been published yet")
        which = f"the served version {version} in {place}"
        if damage := served.get_string_custom_property("damage"):
            return cls(None, f"{which} is damaged: {damage}", damaged=True)
        try:
            model, known = published_model(served.uri, class_names)
        except UserError as e:
            return cls(None, f"{which} can't be used: {e.what}", damaged=True)
        if not known:
            return cls(None, f"{which} knows none of the classes")
        return cls(model, known=known)
