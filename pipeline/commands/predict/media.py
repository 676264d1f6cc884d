"""The images and videos given to a command, and the picture for each."""

from __future__ import annotations

import os
from pathlib import Path

from coralline.data.images import image_file
from coralline.foundation.errors import UserError
from coralline.foundation.storage import list_tree
from coralline.tflite import video_file


def listed(given: tuple[str, ...]) -> list[str]:
    """Images and videos as given, folders as those in and below them, sorted.

    Raises:
      UserError: a folder holds none, or can't be read.
    """
    paths: list[str] = []
    for path in given:
        if not Path(path).is_dir():
            paths.append(path)
            continue
        try:
            names = list_tree(path).files
        except OSError as e:
            raise UserError("the folder can't be read", file=e.filename or path, found=e) from e
        kinds = image_file.EXTENSIONS | video_file.EXTENSIONS
        inside = [os.path.join(path, name) for name in names if Path(name).suffix.lower() in kinds]
        if not inside:
            fix = "give a folder of JPEG or PNG files, or of videos"
            raise UserError("there is no image and no video in this folder", file=path, fix=fix)
        paths += inside
    return list(dict.fromkeys(paths))


def is_video(path: str) -> bool:
    """Whether a file is a video, by the ending of its name."""
    return Path(path).suffix.lower() in video_file.EXTENSIONS


def pictures(paths: list[str], out: str | None) -> list[Path | None]:
    """The picture for each image and video: its name, numbered if two share it; all None without a folder.

    Raises:
      UserError: the folder can't be made, or one of the images and videos would be written over.
    """
    if out is None:
        return [None] * len(paths)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError("the folder can't be made", file=folder, found=e, fix="give another folder") from e
    originals = {os.path.realpath(path) for path in paths}
    taken: set[str] = set()
    found: list[Path | None] = []
    for path in paths:
        ending = ".mp4" if is_video(path) else ".jpg"
        stem, number = Path(path).stem, 1
        while (name := f"{stem}{f'-{number}' * (number > 1)}{ending}") in taken:
            number += 1
        if os.path.realpath(folder / name) in originals:
            fix = "give another folder with -o"
            raise UserError("this would be written over by its own picture", file=folder / name, fix=fix)
        taken.add(name)
        found.append(folder / name)
    return found
