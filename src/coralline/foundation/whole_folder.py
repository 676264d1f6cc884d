"""A folder that appears as a whole, or takes the place of an earlier one as a whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from coralline.foundation.errors import UserError


@contextlib.contextmanager
def written_as_a_whole(folder: str) -> Iterator[str]:
    """Gives a new folder beside `folder` to write to, which takes its place at the end of the `with`.

    If the `with` fails, `folder` stays as it was. Whether what is there may be replaced is up to the caller.

    Raises:
      UserError: it can't be written.
    """
    place = os.path.abspath(folder)
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        unfinished = tempfile.mkdtemp(prefix=f".{os.path.basename(place)}.", dir=os.path.dirname(place))
    except OSError as e:
        raise _unwritable(folder, e) from e
    replaced = f"{unfinished}.old"
    try:
        yield unfinished
        _open_to_others(unfinished)
        if os.path.isdir(place):
            os.rename(place, replaced)
        os.rename(unfinished, place)
    except OSError as e:
        raise _unwritable(folder, e) from e
    finally:
        if os.path.isdir(replaced) and not os.path.isdir(place):
            os.rename(replaced, place)
        for left in (unfinished, replaced):
            shutil.rmtree(left, ignore_errors=True)


def require_replaceable(folder: str, replaceable: str | None, expected: str, fix: str) -> None:
    """Makes sure that a folder of this machine may be written.

    Args:
      folder: absent, or an empty folder; else `replaceable` decides.
      replaceable: what is in it if it mustn't be replaced, in words; None: it may be.
      expected, fix: for the error.

    Raises:
      UserError: it's an address, a link or a file, or it holds something else.
    """
    found = "an address" if "://" in folder else _in_the_way(folder) or (replaceable if _names(folder) else None)
    if found is not None:
        raise UserError("the report can't be written there", file=folder, expected=expected, found=found, fix=fix)


def some_names(folder: str) -> str:
    """What is in a folder, in a few words."""
    names = _names(folder)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _in_the_way(folder: str) -> str | None:
    if os.path.islink(folder):
        return "a symbolic link"
    return "a file" if os.path.lexists(folder) and not os.path.isdir(folder) else None


def _open_to_others(folder: str) -> None:
    """`mkdtemp` makes folders that only their owner may read; here, as everywhere, the umask decides."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(folder, 0o777 & ~mask)


def _unwritable(folder: str, error: OSError) -> UserError:
    return UserError("the report can't be written", file=folder, found=error, fix="give another folder")
