"""Opening the annotation of one image."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from coralline.data.judging.problems import DataProblem, Problem
from coralline.foundation.errors import reason


@contextlib.contextmanager
def opened(path: str) -> Iterator[None]:
    """Within it, an OSError is the problem of an annotation that can't be read.

    Raises:
      DataProblem: that problem.
    """
    try:
        yield
    except OSError as e:
        raise DataProblem(
            Problem(
                "unreadable_annotation",
                path,
                "the annotation can't be read",
                found=reason(e),
                fix="check the file's permissions, or remove it",
            )
        ) from e
