"""One way to make a LiteRT interpreter: threads capped to the cores, no log line that a user can't act on."""

from __future__ import annotations

import os
from os import PathLike
from typing import Any

from coralline.foundation import native_stderr
from coralline.foundation.errors import UserError


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def threads_used(wanted: int | None) -> int:
    """Threads for a wish: None means all cores, and more than the cores are never used.

    With more threads than cores an interpreter was seen to be a thousand times slower.

    Raises:
      UserError: fewer than one.
    """
    if wanted is not None and wanted < 1:
        raise UserError("a model can't run without a thread", expected="1 or more threads", found=str(wanted))
    return min(wanted or cores(), cores())


def make_interpreter(
    model: bytes,
    num_threads: int | None = None,
    delegate: str | None = None,
    file: str | PathLike[str] | None = None,
    keep_tensors: bool = False,
) -> Any:
    """An `ai_edge_litert` interpreter with its tensors allocated.

    Args:
      model: the .tflite file's content.
      num_threads: see `threads_used`.
      delegate: a delegate's shared library, such as `libedgetpu.so.1`.
      file: where the model comes from, for the message.
      keep_tensors: every tensor can be read after a run, at the cost of the memory of all.

    Raises:
      UserError: the runtime refuses the model, or the delegate can't be loaded.
    """
    from ai_edge_litert import interpreter as litert

    threads = threads_used(num_threads)
    delegates = None if delegate is None else [_load_delegate(litert, delegate)]
    try:
        with native_stderr.silenced():
            interpreter = litert.Interpreter(
                model_content=model,
                num_threads=threads,
                experimental_delegates=delegates,
                experimental_preserve_all_tensors=keep_tensors,
            )
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as e:
        raise UserError(
            "the TFLite runtime refuses this model",
            file=file,
            found=first_line(e),
            fix="see what is in it with `coralline inspect`; a model compiled for the Edge TPU needs a delegate",
        ) from e
    return interpreter


def first_line(error: Exception) -> str:
    """The runtime's message about a failure, without the lines that repeat it."""
    return next(iter(str(error).strip().splitlines()), "no reason given, as when memory runs out")


def _load_delegate(litert: Any, library: str) -> Any:
    try:
        return litert.load_delegate(library)
    except OSError as e:
        raise UserError(
            f"the delegate library {library} can't be loaded",
            found=e,
            fix="install a libedgetpu that fits the TFLite runtime (docs/device.md), or leave the delegate out",
        ) from e
    except AttributeError as e:
        raise UserError(
            f"the library {library} is no delegate of TFLite",
            expected="a library with the function tflite_plugin_create_delegate",
            found=e,
            fix="give the Edge TPU runtime, libedgetpu.so.1",
        ) from e
    except ValueError as e:
        raise UserError(
            f"the delegate {library} finds no device",
            expected="a Coral Edge TPU that is plugged in and that this user may open",
            found=str(e) or "the library made no delegate",
            fix="plug it in again, and check `lsusb` or `lspci`, and the group plugdev (docs/device.md)",
        ) from e
