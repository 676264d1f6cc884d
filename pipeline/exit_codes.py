"""How the command line ends: the one table of exit codes. docs/json.md has it, `coralline --help` shows it."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """An exit code and what it means."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        code = int.__new__(cls, value)
        code._value_, code.meaning = value, meaning
        return code

    DONE = 0, "done; for `run` also if the model was not blessed or not published"
    FAILED = (
        1,
        "an error, told in one message; `check` and `import-config` found what would stop a run; `predict` "
        + ("couldn't read one of the files"),
    )
    NOT_DONE = 2, "wrong arguments; `check` could not check; `import-config` could make no configuration"
    NOT_PUBLISHED = 3, "`run --fail-unless-published`: the run ended well, but its model isn't served"
    INTERRUPTED = 130, "interrupted with Ctrl-C"
    PIPE_CLOSED = 141, "whoever read the output closed it"
    TERMINATED = 143, "ended by SIGTERM, as `kill`, systemd and Kubernetes do it"


def help_text() -> str:
    """The table for `--help`; click leaves paragraphs that begin with \\b as they are."""
    lines = [f"  {code.value:>3}  {code.meaning.replace('`', '')}" for code in ExitCode]
    return "\n".join(["\b", "Exit codes:", *lines])
