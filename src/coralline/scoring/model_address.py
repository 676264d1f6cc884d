"""Which file is meant by a model that somebody names: a .tflite file, or the folder of a published version."""

from __future__ import annotations

import os
from os import PathLike, fspath

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import bundle, published


def model_address(model: str | PathLike[str]) -> str:
    """The path or address of a .tflite file: as given, or the model in a published version's folder.

    `latest` is such a folder too, also in a bucket, where it is a file with the version's name.

    Raises:
      UserError: the folder holds no model, or not the one that its manifest names, or it can't be read.
    """
    path = fspath(model)
    try:
        folder = _served(path.rstrip("/")) if storage.is_remote(path) else path
        if not storage.is_folder(folder):
            return folder
        return _model_of(folder)
    except OSError as e:
        raise UserError("the model can't be read", file=path, found=e, fix="check the address, and its rights") from e


def _served(address: str) -> str:
    """The folder that an address's `latest` stands for; other addresses as they are."""
    place, _, name = address.rpartition("/")
    if name != bundle.LATEST or storage.is_folder(address):
        return address
    folder = published.latest_bundle(place)
    if folder is None:
        raise UserError(
            "no model is published there",
            file=address,
            expected="a place that `coralline run` or a cluster published to",
            fix="give the address of a .tflite file, or of a version's folder",
        )
    return folder


def _model_of(folder: str) -> str:
    file = os.path.join(folder, bundle.MODEL)
    if not storage.exists(file) or storage.is_folder(file):
        raise UserError(
            "this folder holds no model",
            file=folder,
            expected=f"a .tflite file, or a published version's folder with {bundle.MODEL}",
            found="a folder without it",
            fix="give the .tflite file, or the folder of a version, such as published/latest",
        )
    if storage.exists(os.path.join(folder, bundle.MANIFEST)):
        _require_whole(folder)
    return file


def _require_whole(folder: str) -> None:
    damage = bundle.damage(lambda name: storage.read_bytes(os.path.join(folder, name)))
    if damage is not None:
        raise UserError(
            "this published version is damaged",
            file=folder,
            expected="the files that its manifest names, as they were published",
            found=damage,
            fix=f"copy or publish it again; to score its model nevertheless, give its {bundle.MODEL}",
        )
