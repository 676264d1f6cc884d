"""What was served when: the record of every move of `latest`, and what follows for rollbacks.

The record is written before `latest` moves, and each move names the version that was served before it. So it can be
valid whatever has happened in between: a writer that was killed before it moved `latest`, a pointer that was moved
by hand, versions that were published before there was a record.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclasses.dataclass(frozen=True)
class Move:
    """A move of `latest` from one version to another.

    Attributes:
      time: UTC, as 2026-03-14T10:15:02Z.
      before: the version that was served until then; None before the first.
      after: the version that is served from then on.
      by: `push` or `rollback`.
      reason: what the person who rolled back gave as one; may be empty.
    """

    time: str
    before: str | None
    after: str
    by: str
    reason: str = ""

    @property
    def seconds_ago(self) -> float:
        """How long ago it was put on record, by this machine's clock; infinite if the time isn't one."""
        try:
            recorded = datetime.strptime(self.time, _TIME_FORMAT).replace(tzinfo=timezone.utc)
        except (TypeError, ValueError):
            return math.inf
        return (datetime.now(timezone.utc) - recorded).total_seconds()

    @property
    def words(self) -> str:
        """For a rollback: "rolled back on 2026-03-14 10:15 UTC (misses cats)"."""
        when = f"{self.time[:10]} {self.time[11:16]} UTC"
        return f"{'rolled back' if self.by == 'rollback' else 'replaced'} on {when}" + (
            f" ({self.reason})" if self.reason else ""
        )


@dataclasses.dataclass(frozen=True)
class ServingRecord:
    """The record's meaning.

    Attributes:
      moves: the moves that were made, oldest first.
      trail: the versions that were served in order, without those rolled back: the last one is
        served now, the one before it is what a rollback serves.
      withdrawn: versions that were rolled back and not served since, each with its rollback.
    """

    moves: tuple[Move, ...]
    trail: tuple[str, ...]
    withdrawn: dict[str, Move]


def read_serving_record(content: bytes | None, versions: Sequence[str], latest: str | None) -> ServingRecord:
    """Understands a record.

    Args:
      content: of the record; None or anything that isn't one is an empty record.
      versions: the names of all versions, oldest first; those older than the first one on record are taken to have been
        served in this order.
      latest: the version that is served now.
    """
    recorded = _moves(content)
    served_next = [move.before for move in recorded[1:]] + [latest]
    # One without a move of `latest` is of a writer that was killed.
    moves = tuple(move for move, served in zip(recorded, served_next, strict=False) if served != move.before)

    start = moves[0].before if moves else latest
    trail = [version for version in versions if (not moves if start is None else version < start)]
    if start is not None:
        trail.append(start)
    withdrawn: dict[str, Move] = {}
    for move in moves:
        if move.before is not None and trail[-1:] != [move.before]:
            _go_to(trail, move.before, back=True)  # by hand
        left = _go_to(trail, move.after, back=move.by == "rollback")
        withdrawn |= dict.fromkeys(left, move)
        withdrawn.pop(move.after, None)
    if latest is not None and trail[-1:] != [latest]:
        _go_to(trail, latest, back=True)  # by hand
        withdrawn.pop(latest, None)
    return ServingRecord(moves, tuple(trail), withdrawn)


def with_move(content: bytes | None, before: str | None, after: str, by: str, reason: str = "") -> bytes:
    """The record with one more move, which is about to be made."""
    time = datetime.now(timezone.utc).strftime(_TIME_FORMAT)
    moves = [*_moves(content), Move(time, before, after, by, reason)]
    return (json.dumps({"moves": [dataclasses.asdict(move) for move in moves]}, indent=2) + "\n").encode()


def unmade_move(content: bytes | None, latest: str | None) -> Move | None:
    """The last move on record if it isn't made: of a writer that was killed, or that is about to make it."""
    moves = _moves(content)
    return moves[-1] if moves and moves[-1].before == latest and moves[-1].after != latest else None


def _go_to(trail: list[str], version: str, back: bool) -> list[str]:
    """Follows one move; returns the versions that were rolled back."""
    if not back or version not in trail:
        trail.append(version)
        return []
    place = len(trail) - trail[::-1].index(version)
    left = [other for other in trail[place:] if other != version]
    del trail[place:]
    return left


def _moves(content: bytes | None) -> list[Move]:
    try:
        moves: list[dict[str, Any]] = json.loads(content or b"{}").get("moves", [])
        return [Move(**move) for move in moves]
    except (AttributeError, TypeError, ValueError):
        return []
