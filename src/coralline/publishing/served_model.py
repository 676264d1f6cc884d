"""The model that is served, by its content: what another one has to be judged against before it takes its place."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from coralline.publishing import bundle, serving_record
from coralline.publishing.places import UNREADABLE, Place, as_user_errors, place_of

NOTHING = "nothing"
"""`content_of` where nothing is served."""


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """A published version that is served, or was.

    Attributes:
      version: its name.
      folder: where it is.
      sha256: of model.tflite, as the manifest says; None if it doesn't.
      damage: what is wrong with its model or its manifest; None if nothing is.
      manifest: empty if it can't be read.
    """

    version: str
    folder: str
    sha256: str | None
    damage: str | None
    manifest: dict[str, Any]


def served_now(push_to: str) -> ServedModel | None:
    """What `latest` names; None before anything is published.

    A version whose model isn't the one that its manifest names is damaged, and so is one that isn't there.

    Args:
      push_to: a folder or an address.

    Raises:
      UserError: the place can't be read.
    """
    with as_user_errors(push_to, UNREADABLE):
        return served_at(place_of(push_to))


def served_at(place: Place) -> ServedModel | None:
    """`served_now`, of a place. Raises OSError if it can't be read."""
    version = place.latest()
    if version is None:
        if not place.has_pointer():
            return None
        return ServedModel(bundle.LATEST, place.folder(bundle.LATEST), None, "it names no version in this folder", {})
    return version_at(place, version)


def version_at(place: Place, version: str) -> ServedModel:
    """A version, whole or damaged; one that isn't there is damaged. Raises OSError if the place can't be read."""
    try:
        manifest = bundle.read_manifest(place.read(version, bundle.MANIFEST))
    except (*bundle.NOT_THERE, ValueError):
        no_manifest = f"{bundle.MANIFEST} isn't there, or isn't a manifest"
        return ServedModel(version, place.folder(version), None, no_manifest, {})
    sha256, damage = manifest["files"].get(bundle.MODEL), None
    try:
        if hashlib.sha256(place.read(version, bundle.MODEL)).hexdigest() != sha256:
            damage = f"{bundle.MODEL} isn't as it was published"
    except bundle.NOT_THERE:
        damage = f"{bundle.MODEL} isn't there"
    return ServedModel(version, place.folder(version), sha256, damage, manifest)


def to_be_replaced(push_to: str, candidate_sha256: str) -> ServedModel | None:
    """What a model replaces, or has replaced if it is served already; None if that is nothing.

    Args:
      push_to: a folder or an address.
      candidate_sha256: of the model's model.tflite.

    Raises:
      UserError: the place can't be read.
    """
    with as_user_errors(push_to, UNREADABLE):
        place = place_of(push_to)
        served = served_at(place)
        record = serving_record.read_serving_record(place.read_record(), place.versions(), place.latest())
        moves = list(record.moves)
        while served is not None and served.sha256 == candidate_sha256:
            while moves and (moves[-1].after != served.version or moves[-1].by != "push"):
                moves.pop()
            before = moves.pop().before if moves else None
            served = version_at(place, before) if before is not None else None
        return served


def content_of(model: ServedModel | None) -> str:
    """What says whether two are the same: the SHA-256 of model.tflite, or the name of a damaged version.

    Versions with the same model.tflite are the same: one may be compiled, the other not.
    """
    if model is None:
        return NOTHING
    return f"sha256:{model.sha256}" if model.damage is None else f"damaged:{model.version}"
