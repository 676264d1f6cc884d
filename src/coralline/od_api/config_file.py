"""Reading a pipeline.config (object_detection/protos/pipeline.proto, in text format), without the API's own code."""

from __future__ import annotations

import os

from coralline.foundation import storage, text_file, text_proto
from coralline.foundation.errors import UserError

SECTIONS = ("model", "train_config", "train_input_reader", "eval_config", "eval_input_reader", "graph_rewriter")
_MOST_BYTES = 1 << 20  # the API's own samples have 3 to 15 kB
_FIX = "give the pipeline.config that a model was, or was to be, trained with"
_EXPECTED = "model { ... }  train_config { ... }  train_input_reader { ... }"


def read_config_file(path: str) -> text_proto.Message:
    """The whole file.

    Raises:
      UserError: it can't be read, or isn't such a configuration; with file and line.
    """
    text = _text(path)
    message = text_proto.parse_text_proto(text, path)
    if not message.fields:
        raise UserError("the configuration is empty", file=path, expected=_EXPECTED, found="no field", fix=_FIX)
    if not any(field.name in SECTIONS for field in message.fields):
        first = message.fields[0]
        raise UserError(
            "this isn't a pipeline.config of the Object Detection API",
            file=path,
            line=first.line,
            expected=_EXPECTED,
            found=first.name,
            fix=_FIX,
        )
    return message


def _text(path: str) -> str:
    content = _content(path)
    if len(content) > _MOST_BYTES:
        found = f"more than {_MOST_BYTES >> 20} MiB"
        raise UserError("the file is too large for a configuration", file=path, found=found, fix=_FIX)
    try:
        text = text_file.strictly_decoded(content)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UserError(
            "the configuration isn't a text file",
            file=path,
            expected="text format of protocol buffers, in UTF-8",
            found="other bytes",
            fix=_FIX,
        )
    return text


def _content(path: str) -> bytes:
    try:
        if storage.is_remote(path):
            return storage.read_bytes(path)
        with open(os.path.expanduser(path), "rb") as f:
            return f.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as e:
        raise UserError(
            "can't read the configuration",
            file=path,
            found=e,
            fix="correct the path of the pipeline.config",
        ) from e
