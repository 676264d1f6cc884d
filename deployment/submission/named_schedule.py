"""The schedule that a command means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from coralline.foundation.errors import UserError

_Schedule = TypeVar("_Schedule")


def only_schedule(name: str, found: Sequence[_Schedule], id_of: Callable[[_Schedule], str], where: str) -> _Schedule:
    """The only one of those that a name or id stands for.

    Args:
      name: what was given.
      found: the schedules with this name or id.
      id_of: gives the id of one.
      where: whose schedules were looked through, such as "experiment yard at ...", for messages.

    Raises:
      UserError: there is none, or more than one.
    """
    if not found:
        raise UserError(
            f"there is no schedule `{name}`",
            expected=f"the name or id of a schedule of {where}",
            fix="`coralline schedules list` tells which there are",
        )
    if len(found) > 1:
        raise UserError(
            f"there are {len(found)} schedules `{name}`",
            expected="one",
            found=", ".join(map(id_of, found)),
            fix="name one by its id; `coralline schedule --name` with the wanted settings leaves one",
        )
    return found[0]
