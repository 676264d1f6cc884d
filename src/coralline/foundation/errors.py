"""The one error that is meant for people: what is wrong, where, what was expected, what was found, how to fix it."""

from __future__ import annotations

from os import PathLike

from coralline.foundation.printable import printable, printable_lines, without_secrets


def reason(error: BaseException) -> str:
    """What an exception says, in words for people: without error numbers, types and byte strings."""
    if isinstance(error, UnicodeDecodeError):
        return f"bytes that aren't {error.encoding.upper()} text"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


class UserError(Exception):
    """Something the user can fix. The command line prints it without a traceback and exits with 1.

    Args:
      what: one sentence that says what is wrong.
      file: the file or folder.
      line: the line in that file, from 1.
      expected: what would have been right.
      found: what was there instead, or the exception that says it.
      fix: what to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | PathLike[str] | None = None,
        line: int | None = None,
        expected: str | None = None,
        found: str | BaseException | None = None,
        fix: str | None = None,
    ):
        self.what, self.file, self.line = what, None if file is None else str(file), line
        self.expected, self.fix = expected, fix
        self.found = reason(found) if isinstance(found, BaseException) else found
        super().__init__(self.render())

    def render(self) -> str:
        """The message as it is printed: several lines without a trailing newline, without passwords."""
        place = "" if self.file is None else printable(self.file) + (f":{self.line}" if self.line else "") + ": "
        lines = [place + printable_lines(self.what)]
        for label, value in (("expected", self.expected), ("found", self.found), ("fix", self.fix)):
            if value is not None:
                lines.append(f"  {label}: {printable_lines(value)}")
        return without_secrets("\n".join(lines))

    def fields(self) -> dict[str, str | int | None]:
        """Arguments for the same error in another process."""
        return {name: vars(self)[name] for name in ("what", "file", "line", "expected", "found", "fix")}


class UnreadableFileError(UserError):
    """One image or video can't be read, which concerns no other: whoever looks at several goes on with the next."""
