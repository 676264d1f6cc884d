"""What a name of lineage says of itself: kind, unit, meaning, where it stands, and since when."""

from __future__ import annotations

RECORD_FORMAT = 2
"""Which names are written: those with `since` up to it. What a run doesn't say was written by format 1."""

TEXT, WHOLE, NUMBER, FLAG, JSON = "text", "whole number", "number", "1 or 0", "JSON"


class RecordedName(str):
    """A property's name, as it stands in the store, with what it says.

    Attributes:
      meaning: what it says, the values it has, and when it's absent.
      on: where it stands: `RUN`, `EXECUTION`, types of artifacts, or `EVERY_ARTIFACT`.
      kind: `TEXT`, `WHOLE`, `NUMBER`, `FLAG` or `JSON`.
      unit: of a number; else empty.
      since: the first `RECORD_FORMAT` that has it.
    """

    meaning: str
    on: tuple[str, ...]
    kind: str
    unit: str
    since: int

    def __new__(
        cls, name: str, *on: str, says: str, kind: str = TEXT, unit: str = "", since: int = RECORD_FORMAT
    ) -> RecordedName:
        made = super().__new__(cls, name)
        made.meaning, made.on, made.kind, made.unit, made.since = says, on, kind, unit, since
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """A copy, such as a key of what `dataclasses.asdict` gives, is a plain text."""
        return str, (str(self),)
