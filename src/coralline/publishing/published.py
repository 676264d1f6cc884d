"""The folder of published models: version folders, a `latest` pointer, never anything half-published.

A version appears whole, the move is put on record, and only then does `latest` move. Whoever reads `latest` therefore
sees a whole version, whenever the writer is killed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from coralline.foundation.errors import UserError
from coralline.publishing import bundle, served_model, serving_record
from coralline.publishing.places import UNREADABLE, Place, as_user_errors, damage_of, manifest_of, place_of
from coralline.publishing.serving_record import Move, ServingRecord

_SHOWN_IN_ERRORS = 8


@dataclasses.dataclass(frozen=True)
class Version:
    """A published version.

    Attributes:
      served: whether it is the latest.
      damage: what is wrong with it; None when it is whole.
      manifest: empty if it can't be read.
    """

    name: str
    served: bool
    damage: str | None
    manifest: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Rollback:
    """The effect of a rollback; none if `before` and `after` are the same.

    Attributes:
      before, after: the version that was served, and the one that is now.
      skipped: damaged versions in between, each with what is wrong with it.
    """

    before: str | None
    after: str
    skipped: dict[str, str]


class BaselineMovedError(Exception):
    """Another model is served than the one that the bundle was judged against."""


class WithdrawnError(Exception):
    """The bundle is that of a version that was rolled back and not served since.

    Attributes:
      version: its name.
      move: the rollback.
    """

    def __init__(self, version: str, move: Move):
        super().__init__(f"this same model was {move.words}")
        self.version, self.move = version, move


def latest_bundle(push_to: str) -> str | None:
    """The folder of the version that is served now (`model.tflite`, `manifest.json`, ...), or None before the first.

    Raises UserError when the place can't be read: that is not the same as nothing being there.
    """
    place = place_of(push_to)
    with as_user_errors(push_to, UNREADABLE):
        version = place.latest()
        return place.folder(version) if version and manifest_of(place, version) is not None else None


def serves(push_to: str, model: bytes) -> bool:
    """Whether the served version has this very model.tflite. Raises UserError as `latest_bundle` does."""
    served = served_model.served_now(push_to)
    return served is not None and served.sha256 == hashlib.sha256(model).hexdigest()


def is_whole(push_to: str, version: str) -> bool:
    """Whether a version is still there as it was published, with the very files that its manifest names.

    Of a remote one only the names are looked at; contents aren't fetched.

    Raises UserError when the place can't be read.
    """
    with as_user_errors(push_to, UNREADABLE):
        return place_of(push_to).is_whole(version)


def record(push_to: str) -> ServingRecord:
    """What was served when. Raises UserError when the place can't be read."""
    with as_user_errors(push_to, UNREADABLE):
        return _record(place_of(push_to))


def versions(push_to: str) -> list[Version]:
    """All versions, the newest first. Raises UserError when the place can't be read."""
    place = place_of(push_to)
    with as_user_errors(push_to, UNREADABLE):
        served = place.latest()
        return [
            Version(
                name,
                name == served,
                None if place.is_whole(name) else damage_of(place, name),
                manifest_of(place, name) or {},
            )
            for name in reversed(place.versions())
        ]


def publish(
    push_to: str, files: Mapping[str, bytes], manifest: Mapping[str, Any], *, judged_against: str | None = None
) -> str:
    """Publishes a bundle and makes it the latest.

    The files decide which version it is: the same files again are the same version, which keeps what it has, the
    manifest with the figures and the lineage of its first push among it, and is served again. detect.py has no
    say, nor have Frigate's files, whose scores are those of the first push.

    What was rolled back isn't served again by this. A bundle that isn't published yet counts as that of a version with
    the same model.tflite (it may be compiled now), unless another version with this model is served. The record is
    read in the turn in which `latest` moves, so that a rollback in that moment counts; so is what is served now.

    Args:
      push_to: a folder, or an address (`gs://`, `s3://`); made when it isn't there.
      files: name -> content.
      manifest: what goes into manifest.json beside `version` and `files` (name -> sha256).
      judged_against: the content (`served_model.content_of`) of the model that must be served now, unless this very
        model is; None: any.

    Returns:
      The version: UTC time and the first digits of the sha256 of the files.

    Raises:
      UserError: the folder can't be written; what was served before still is.
      WithdrawnError: it was rolled back.
      BaselineMovedError: what is served now isn't what it was judged against.
    """
    hashes, digits = _hashes(files)

    def in_turn(place: Place) -> str:
        version = _version_with(place, hashes, digits)
        if (withdrawn := _withdrawn(place, version, hashes)) is not None:
            raise WithdrawnError(*withdrawn)
        if judged_against is not None:
            _require_baseline(place, judged_against, hashes[bundle.MODEL])
        if version is None:
            version = _new_version(place, digits)
            text = bundle.manifest_text(manifest, version, hashes)
            place.write_version(version, {**files, bundle.MANIFEST: text})
        _serve(place, version, "push")
        return version

    with as_user_errors(push_to, "the model can't be published"):
        return place_of(push_to).in_turn(in_turn)


def _require_baseline(place: Place, judged_against: str, model_sha256: str) -> None:
    served = served_model.served_at(place)
    if served_model.content_of(served) == judged_against or (served and served.sha256 == model_sha256):
        return
    before = "nothing" if judged_against == served_model.NOTHING else "another model"
    now = "nothing is served now" if served is None else f"version {served.version} is served now"
    raise BaselineMovedError(f"it was judged against {before}, and {now}")


def roll_back(push_to: str, to: str | None = None, reason: str = "") -> Rollback:
    """Moves `latest` to the version that was served before, or to the one named; only whole versions are served.

    Rolled back twice, it goes further back. A damaged version on the way is skipped.

    Args:
      push_to: as for `publish`.
      to: a version's name, or how only one of them begins.
      reason: for the record.

    Raises:
      UserError: nothing is published there, there is no such version, it is damaged, or the place can't be written.
    """

    def in_turn(place: Place) -> Rollback:
        before = place.latest()
        target, skipped = (_named(place, push_to, to), {}) if to else _earlier(place, push_to)
        _serve(place, target, "rollback", reason)
        return Rollback(before, target, skipped)

    place = place_of(push_to)
    with as_user_errors(push_to, "`latest` can't be moved"):
        if not place.versions():
            raise UserError(
                "nothing is published here",
                file=push_to,
                expected="a folder or address with published versions (push.to, or the output folder of a run)",
                fix="give the output folder of a run, or the folder or address in push.to",
            )
        return place.in_turn(in_turn)


def _hashes(files: Mapping[str, bytes]) -> tuple[dict[str, str], str]:
    """Name to sha256, and the first digits of the sha256 of those that decide which version it is."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    return hashes, hashlib.sha256(json.dumps(bundle.identity(hashes)).encode()).hexdigest()[:8]


def _withdrawn(place: Place, published: str | None, hashes: Mapping[str, str]) -> tuple[str, Move] | None:
    """The version that was rolled back, and the rollback, of a bundle that is `published` as that version or not."""
    record = _record(place)
    if published is not None:
        return (published, record.withdrawn[published]) if published in record.withdrawn else None

    def has_the_model(version: str | None) -> bool:
        manifest = manifest_of(place, version) if version else None
        return manifest is not None and manifest["files"].get(bundle.MODEL) == hashes[bundle.MODEL]

    if has_the_model(place.latest()):
        return None
    return next(((name, move) for name, move in record.withdrawn.items() if has_the_model(name)), None)


def _record(place: Place) -> ServingRecord:
    return serving_record.read_serving_record(place.read_record(), place.versions(), place.latest())


def _version_with(place: Place, hashes: Mapping[str, str], digits: str) -> str | None:
    """The newest version with exactly these files, but for those that have no say."""
    wanted = bundle.identity(hashes)
    for version in reversed(place.versions()):
        if not version.endswith(f"-{digits}"):
            continue
        files = (manifest_of(place, version) or {}).get("files", {})
        if bundle.identity(files) == wanted and place.is_whole(version):
            return version
    return None


def _new_version(place: Place, digits: str) -> str:
    """A free name; a damaged version of the same second may have taken the first one."""
    taken, moment = place.versions(), datetime.now(timezone.utc)
    while (version := f"{moment:%Y%m%dT%H%M%SZ}-{digits}") in taken:
        moment += timedelta(seconds=1)
    return version


def _serve(place: Place, version: str, by: str, reason: str = "") -> None:
    before = place.latest()
    if before != version:
        place.move_latest(version, serving_record.with_move(place.read_record(), before, version, by, reason))


def _earlier(place: Place, push_to: str) -> tuple[str, dict[str, str]]:
    """The last complete version served before the current one, and the damaged ones served in between."""
    served, there = place.latest(), place.versions()
    skipped: dict[str, str] = {}
    for version in reversed(_record(place).trail):
        if version == served or version not in there:
            continue
        damage = damage_of(place, version)
        if damage is None:
            return version, skipped
        skipped[version] = damage
    others = [version for version in there if version != served]
    raise UserError(
        "there is no earlier version to go back to",
        file=push_to,
        expected="a whole version that was served before " + (served or "this"),
        found=", ".join(f"{version}, damaged: {damage}" for version, damage in skipped.items()) or "none",
        fix=f"name one with --to: {_some(others)}" if others else "publish another model first",
    )


def _named(place: Place, push_to: str, to: str) -> str:
    there = place.versions()
    matching = [to] if to in there else [version for version in there if version.startswith(to)]
    if len(matching) != 1:
        raise UserError(
            f"{'several published versions begin' if matching else 'no published version begins'} with `{to}`",
            file=push_to,
            expected=f"one of {_some(matching or there)}",
            fix="give more of its name; --list shows all versions",
        )
    damage = damage_of(place, matching[0])
    if damage is not None:
        raise UserError(
            "this version is damaged and can't be served",
            file=place.folder(matching[0]),
            expected="the very files that its manifest names",
            found=damage,
            fix="name another one; --list shows which are whole",
        )
    return matching[0]


def _some(names: list[str]) -> str:
    newest = names[::-1][:_SHOWN_IN_ERRORS]
    return ", ".join(newest) + (" ..." if len(names) > len(newest) else "")
