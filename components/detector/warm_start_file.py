"""The file of a warm start, before it is put into a model. No TensorFlow for local files."""

from __future__ import annotations

from components.dataset import storage
from components.errors import UserError
from components.tflite import model_file


def read_warm_start(path: str) -> bytes:
    """The content of a whole .tflite file.

    Args:
      path: `model.warm_start` of the configuration.

    Raises:
      UserError: it can't be read, or isn't a whole .tflite file.
    """
    try:
        content = storage.read_bytes(path)
    except OSError as e:
        raise UserError(
            "the file of `model.warm_start` can't be read",
            file=path,
            expected="a file that this user may read",
            found=e.strerror or str(e),
            mend="correct `model.warm_start`",
        ) from e
    try:
        model_file.read(content)
    except UserError as e:
        raise UserError(
            f"the warm start can't be used: {e.what}",
            file=path,
            expected=e.expected,
            found=e.found,
            mend="give model.warm_start a .tflite file of the preset's backbone",
        ) from e
    return content
