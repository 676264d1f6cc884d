"""The one error that is meant for people: what was wrong, where, what was expected, what was found, how to fix it."""

from __future__ import annotations

from os import PathLike

from coralline.foundation.printable import printable, printable_lines, without_secrets


class UserError(Exception):
    """Something the user can fix. The command line prints it without a traceback and exits with 1.

    Args:
      what: one sentence that says what is wrong.
      file: the file or folder it's about.
      line: the line in that file, from 1.
      expected: what would have been right.
      found: what was there instead.
      fix: what to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | PathLike[str] | None = None,
        line: int | None = None,
        expected: str | None = None,
        found: str | None = None,
        fix: str | None = None,
    ):
        self.what, self.file, self.line = what, None if file is None else str(file), line
        self.expected, self.found, self.fix = expected, found, fix
        super().__init__(self.render())

    def render(self) -> str:
        """The message as it is printed, several lines without a trailing newline; it can be shown to anybody."""
        place = "" if self.file is None else printable(self.file) + (f":{self.line}" if self.line else "") + ": "
        lines = [place + printable_lines(self.what)]
        for label, value in (("expected", self.expected), ("found", self.found), ("fix", self.fix)):
            if value is not None:
                lines.append(f"  {label}: {printable_lines(value)}")
        return without_secrets("\n".join(lines))

    def fields(self) -> dict[str, str | int | None]:
        """What `UserError(**fields)` makes the same error of, where it must cross from one process to another."""
        return {name: vars(self)[name] for name in ("what", "file", "line", "expected", "found", "fix")}
