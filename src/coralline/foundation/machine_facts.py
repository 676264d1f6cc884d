"""The machine and the libraries of this process, as lineage records them. Nothing here names a person."""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib.metadata
import math
import os
import platform
import re
from pathlib import Path

# By their names as packages: those by which the same data and settings may give another model or another figure.
_LIBRARIES = (
    *("tensorflow", "tf-keras", "tf-models-official", "tensorflow-model-optimization", "ai-edge-litert", "numpy"),
    *("opencv-python-headless", "pillow", "scipy", "pycocotools", "tfx", "tensorflow-data-validation"),
    *("tensorflow-model-analysis", "ml-metadata", "apache-beam", "kfp", "protobuf"),
)
_NVIDIA = Path("/proc/driver/nvidia/gpus")
_CGROUP = Path("/sys/fs/cgroup")


@functools.cache
def machine_facts() -> dict[str, str | int]:
    """`host_name`, `host_system`, `host_cpu`, `host_cpu_cores`, `host_memory_bytes`, and `host_gpus` if there are any.

    Cores and memory are those that the process may use: a container's limits count.
    """
    facts: dict[str, str | int] = {
        "host_name": platform.node(),
        "host_system": _system(),
        "host_cpu": cpu_name(),
        "host_cpu_cores": _cores(),
        "host_memory_bytes": _memory_bytes(),
    }
    gpus = _gpus()
    return facts | ({"host_gpus": gpus} if gpus else {})


@functools.cache
def library_versions() -> dict[str, str]:
    """`python`, and the installed versions of the libraries that make a model; what isn't installed is left out."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def cpu_name() -> str:
    """The processor's name as Linux tells it, else its architecture."""
    found = re.search(r"^model name\s*:\s*(.+)$", _text(Path("/proc/cpuinfo")), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _system() -> str:
    """ "Linux 6.1.0-18-amd64 x86_64, Debian GNU/Linux 12 (bookworm)" """
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    try:
        return f"{kernel}, {platform.freedesktop_os_release()['PRETTY_NAME']}"
    except (OSError, KeyError):
        return kernel


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # https://docs.kernel.org/admin-guide/cgroup-v2.html: quota and period in microseconds, or "max".
    quota, _, period = _text(_CGROUP / "cpu.max").partition(" ")
    if quota.isdecimal() and period.strip().isdecimal():
        return max(1, min(allowed, math.ceil(int(quota) / int(period))))
    return allowed


def _memory_bytes() -> int:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_text(_CGROUP / "memory.max"), _text(_CGROUP / "memory" / "memory.limit_in_bytes"))
    return min([whole, *(int(limit) for limit in map(str.strip, limits) if limit.isdecimal())])


def _gpus() -> str:
    """ "2 x NVIDIA H200", as NVIDIA's driver tells it; empty without one."""
    with contextlib.suppress(OSError):
        told = (_text(folder / "information") for folder in sorted(_NVIDIA.iterdir()))
        names = (re.search(r"^Model:\s*(.+)$", text, re.MULTILINE) for text in told)
        counts = collections.Counter(found[1].strip() for found in names if found)
        return ", ".join(name if count == 1 else f"{count} x {name}" for name, count in counts.items())
    return ""


def _text(path: Path) -> str:
    """Of a file of the kernel's; empty if it isn't there."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
