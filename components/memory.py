"""Giving memory back between two large pieces of work in one process."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Frees what nothing holds any more, and returns it to the system.

    Keras models and traced functions are cycles, which only the collector frees; and glibc keeps what is freed in
    between other blocks until it is told (malloc_trim(3)), so that a process stays as large as its largest moment.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)
