"""A section of the configuration: typed settings with their defaults and reasons, and the form in which they travel.

A component receives a section as an exec property, which ML Metadata records and the cache key contains. That property
holds only what differs from the defaults: a new setting whose default is the old behaviour changes no cache key, so
nothing is trained again because of it.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pydantic
from typing_extensions import Self

from coralline.foundation.errors import UserError

VERSION_KEY = "version"


class SettingsSection(pydantic.BaseModel):
    """Base of all sections. Frozen; an unknown key is an error.

    `VERSION` goes up when a default or the meaning of a value changes. Everything that depends on the section then runs
    again, once.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    VERSION: ClassVar[int] = 1

    def to_property(self) -> str:
        """JSON with sorted keys: the section's version, and the settings that differ from their defaults."""
        changed = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps({VERSION_KEY: self.VERSION, **changed}, sort_keys=True)

    @classmethod
    def from_property(cls, text: str) -> Self:
        """The section that `to_property` wrote.

        JSON without a version is accepted too: it names every setting, as compiled pipelines did before there were
        versions.

        Raises:
          UserError: another version of Coralline wrote it, and its values may mean something else here.
        """
        values: dict[str, Any] = json.loads(text)
        version = values.pop(VERSION_KEY, cls.VERSION)
        unknown = sorted(values.keys() - cls.model_fields.keys())
        if version != cls.VERSION or unknown:
            raise UserError(
                f"{cls.__name__} were written by another version of Coralline",
                expected=f"version {cls.VERSION}",
                found=f"version {version}" + (f" with {', '.join(unknown)}" if unknown else ""),
                fix="run the pipeline with the version of Coralline that compiled it, or compile it again",
            )
        return cls.model_validate(values)
