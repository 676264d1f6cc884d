"""A section of the configuration: typed settings with their defaults and reasons, and the form in which they travel.

A component receives a section as an exec property, which ML Metadata records and the cache key contains. That property
holds only what differs from the defaults: a new setting whose default is the old behaviour changes no cache key, so
nothing is trained again because of it.
"""

from __future__ import annotations

import json
import typing
from typing import TYPE_CHECKING, Any, ClassVar

import pydantic
from typing_extensions import Self

from coralline.foundation import settings_errors
from coralline.foundation.errors import UserError

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _ModelType
else:
    _ModelType = type(pydantic.BaseModel)  # it has no public name

VERSION_KEY = "version"
_FIRST_VERSION = 1


class _SectionType(_ModelType):
    """Reports a wrong value in a section that Python code makes, in our words; sections in a file don't pass here."""

    def __call__(cls: type[Any], **settings: Any) -> Any:
        try:
            return super().__call__(**settings)
        except pydantic.ValidationError as e:
            raise settings_errors.as_user_error(e, cls) from e


class SettingsSection(pydantic.BaseModel, metaclass=_SectionType):
    """Base of all sections. Frozen; an unknown key is an error.

    `VERSION` goes up when a default or the meaning of a value changes. Everything that depends on the section then runs
    again, once.

    Raises:
      UserError: an unknown setting, or a value that it can't have.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    VERSION: ClassVar[int] = _FIRST_VERSION

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _looked_at(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """Refuses `true` (and YAML's `yes` and `on`) where Pydantic takes it for 1, and text that no path can have."""
        if isinstance(value, bool) and not _may_be_bool(cls.model_fields[str(info.field_name)].annotation):
            raise ValueError("neither true nor false")
        if isinstance(value, str) and "\0" in value:
            raise ValueError("no text with a NUL")
        return value

    def to_property(self) -> str:
        """JSON with sorted keys: the section's version, and the settings that differ from their defaults."""
        changed = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps({VERSION_KEY: self.VERSION, **changed}, sort_keys=True)

    @classmethod
    def from_property(cls, text: str) -> Self:
        """The section that `to_property` wrote.

        JSON without a version is of the first one: it names every setting, as compiled pipelines did before there were
        versions.

        Raises:
          UserError: another version of Coralline wrote it, and its values may mean something else here.
        """
        values = json.loads(text)
        version, wrong = values.pop(VERSION_KEY, _FIRST_VERSION), ""
        if version == cls.VERSION:
            try:
                return cls.model_validate(values)
            except pydantic.ValidationError as e:
                wrong = " with " + ", ".join(sorted({str(error["loc"][0]) for error in e.errors()}))
        raise UserError(
            f"{cls.__name__} were written by another version of Coralline",
            expected=f"version {cls.VERSION}",
            found=f"version {version}{wrong}",
            fix="run the pipeline with the version of Coralline that compiled it, or compile it again",
        )


def _may_be_bool(annotation: Any) -> bool:
    return annotation is bool or any(map(_may_be_bool, typing.get_args(annotation)))
