"""Places where versions are published: a folder on this machine, or an address.

How a place keeps versions whole is its own matter. What each of its methods is for:

- `versions()`: names of the version folders, complete or not, oldest first; `folder(version)`: where one is.
- `latest()`: the version that the pointer names; None without one, or if it names something else; `has_pointer()`.
- `read(version, name)`: a file; `is_whole(version)`: whether its files are as its manifest says.
- `write_version(version, files)`: the manifest is the last of them.
- `read_record()`: see `serving_record`; `move_latest(version, record)`: replaces the record, then moves `latest`.
- `in_turn(act)`: gives `act` the place, in a state that nobody else changes before `act` has. Whoever changes something
  does so in there, and decides there. `act` may be called again if others were faster.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import uuid
from collections.abc import Iterator
from typing import Any, TypeAlias

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import bundle
from coralline.publishing.published_locally import LocalPlace
from coralline.publishing.published_remotely import RemotePlace

Place: TypeAlias = LocalPlace | RemotePlace
UNREADABLE = "the published versions can't be read"


def place_of(push_to: str) -> Place:
    """The place that `push.to` names."""
    return RemotePlace(push_to) if storage.is_remote(push_to) else LocalPlace(push_to)


def manifest_of(place: Place, version: str) -> dict[str, Any] | None:
    """A version's manifest; None if it isn't there or isn't one. Raises OSError if the place can't be read."""
    try:
        return bundle.read_manifest(place.read(version, bundle.MANIFEST))
    except (*bundle.NOT_THERE, ValueError):
        return None


def damage_of(place: Place, version: str) -> str | None:
    """What is wrong with a version; None if every file is as it was published."""
    return bundle.damage(lambda name: place.read(version, name))


def require_writable(push_to: str) -> None:
    """Makes sure that something can be published at a folder or address, by a file that is written and removed.

    Raises UserError.
    """
    with as_user_errors(push_to, "models can't be published there"):
        if storage.is_remote(push_to):
            if not push_to.partition("://")[2].strip("/"):
                raise OSError(errno.EDESTADDRREQ, "the address names no bucket", push_to)
            probe = f"{push_to.rstrip('/')}/.written-and-removed-{uuid.uuid4().hex}"
            storage.write_bytes(probe, b"")
            storage.remove(probe)
        else:
            os.makedirs(push_to, exist_ok=True)
            with tempfile.TemporaryFile(dir=push_to):
                pass


@contextlib.contextmanager
def as_user_errors(push_to: str, what: str) -> Iterator[None]:
    """OSErrors within it become UserErrors."""
    try:
        yield
    except OSError as e:
        raise UserError(
            what,
            file=push_to,
            expected="a folder or address that can be read and written, on a disk with room",
            found=e,
            fix="fix that or use another; the version served before is still served",
        ) from e
