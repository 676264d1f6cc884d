"""Giving memory back between two large pieces of work in one process."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import mmap
import sys
from typing import Any

import numpy as np

# What TensorFlow is asked for at a time while its memory is given back; smaller holes are left to it.
_BLOCK = 8 << 20
# After so many blocks in a row that no page of is in use, there's hardly a used one left: what fits best comes first.
_UNUSED_BLOCKS = (1 << 30) // _BLOCK
_DONTNEED = getattr(mmap, "MADV_DONTNEED", None)  # Linux's meaning of it: the pages are dropped at once


def give_back() -> None:
    """Frees what nothing holds any more, and returns it to the system.

    Keras models and traced functions are cycles, which only the collector frees; TensorFlow keeps the memory of its
    tensors; and glibc keeps freed memory between other blocks until malloc_trim(3) is called. So a process would
    stay as large as its largest moment.
    """
    gc.collect()
    if "tensorflow" in sys.modules and _DONTNEED is not None:
        _empty_tensorflow()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)


def _empty_tensorflow() -> None:
    """Drops the pages of the memory that TensorFlow holds for tensors to come.

    Seen with tensorflow 2.16.2: with oneDNN, the allocator of CPU tensors (`MklCPUAllocator`, whose large tensors are
    a `BFCAllocator`'s) never frees one of its regions: a training leaves 1.4 GiB of them. So all of that memory is
    taken, block by block, until it grows, and the pages of each block are dropped while it's ours: the allocator keeps
    its books elsewhere. (The alternative, TF_ONEDNN_USE_SYSTEM_ALLOCATOR=1, took a sixth more time for a training step
    and, by fragments, a quarter more memory.)
    """
    import tensorflow as tf

    libc, taken, unused = ctypes.CDLL(None), [], 0
    with tf.device("CPU:0"), contextlib.suppress(tf.errors.ResourceExhaustedError):
        size = _address_space()
        while unused < _UNUSED_BLOCKS:
            taken.append(tf.raw_ops.Empty(shape=[_BLOCK], dtype=tf.uint8))
            if _address_space() >= size + _BLOCK:
                break
            start, length = _whole_pages(taken[-1])
            unused = 0 if _in_memory(libc, start, length) else unused + 1
            libc.madvise(start, length, _DONTNEED)


def _whole_pages(tensor: Any) -> tuple[ctypes.c_void_p, ctypes.c_size_t]:
    content = np.asarray(memoryview(tensor))
    page = mmap.PAGESIZE
    first = -(-content.ctypes.data // page) * page
    return ctypes.c_void_p(first), ctypes.c_size_t((content.ctypes.data + content.nbytes) // page * page - first)


def _in_memory(libc: Any, start: ctypes.c_void_p, length: ctypes.c_size_t) -> bool:
    """Whether any of its pages is in memory (mincore(2))."""
    pages = (ctypes.c_ubyte * (length.value // mmap.PAGESIZE))()
    return libc.mincore(start, length, pages) == 0 and any(page & 1 for page in pages)


def _address_space() -> int:
    """Bytes of this process's address space, of which memory is only what has been written to (proc(5), statm)."""
    with open("/proc/self/statm") as sizes:
        return int(sizes.read().split()[0]) * mmap.PAGESIZE
