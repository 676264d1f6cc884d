"""Times, durations, states and values of lineage, in words; texts out of a store can't forge or style anything."""

from __future__ import annotations

import datetime
import json
from typing import Any

from rich.text import Text

from coralline.foundation.printable import printable, shortened, without_secrets

STATE_STYLES = {
    "COMPLETE": "green",
    "CACHED": "cyan",
    "FAILED": "bold red",
    "CANCELED": "yellow",
    "RUNNING": "yellow",
    "blessed": "green",
    "not blessed": "yellow",
}
_STATE_WORDS = {"CACHED": "reused", "SKIPPED": "skipped"}
_LONGEST_VALUE = 200
_RECENT_DAYS = 300


def one_line(value: Any, most_characters: int = _LONGEST_VALUE) -> str:
    """A value out of the store in one line: no control characters, no passwords, not too long to read."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return printable(shortened(without_secrets(text[: 4 * most_characters]), most_characters))


def address_shown(value: str) -> str:
    """A path, an address or an id, whole."""
    return printable(without_secrets(value))


def state_word(state: str) -> str:
    """`complete`, `reused`, ..."""
    return _STATE_WORDS.get(state, state.lower())


def state_text(state: str) -> Text:
    """The word for a state, coloured."""
    return Text(state_word(state), STATE_STYLES.get(state, ""))


def local_time(milliseconds: float) -> str:
    """`2026-11-30 20:47`, in the time zone of this machine; stores of before 2020 have no times."""
    return "not recorded" if not milliseconds else _local(milliseconds).strftime("%Y-%m-%d %H:%M")


def short_time(milliseconds: float) -> str:
    """As `ls` has it: `Nov 30 20:47`, or `Nov 30  2025` of what is long ago."""
    if not milliseconds:
        return "not recorded"
    time = _local(milliseconds)
    recent = abs((datetime.datetime.now() - time).days) < _RECENT_DAYS
    return time.strftime("%b %d %H:%M" if recent else "%b %d  %Y")


def utc_as_local(text: str) -> str:
    """`2026-03-14T10:15:02Z` as local time; the text itself if it isn't such a time."""
    try:
        time = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return one_line(text)
    return local_time(time.timestamp() * 1000)


def took(seconds: float) -> str:
    """`8.2 s`, `2 min 9 s` or `1 h 2 min`."""
    if seconds < 59.95:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def setting_shown(value: Any) -> str:
    """A setting's value: `none` for null, `yes` and `no`, text without quotes."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(value) if value != "" else '""'


def figure_shown(value: float | None) -> str:
    """An AP with three digits, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def commit_shown(commit: str) -> str:
    """The first digits of a commit, with `+changes` if the checkout was modified."""
    digits, plus, changes = commit.partition("+")
    return printable(digits[:8] + plus + changes)


def _local(milliseconds: float) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(milliseconds / 1000)
    except (OverflowError, ValueError, OSError):
        return datetime.datetime.fromtimestamp(0)
