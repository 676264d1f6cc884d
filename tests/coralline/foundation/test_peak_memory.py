"""The memory of one piece of work, after another that needed more."""

import pytest

from coralline.foundation.peak_memory import PeakMemory

MIB = 1 << 20


def _fill(size: int) -> None:
    held = bytearray(size)
    held[::4096] = b"x" * len(range(0, size, 4096))


def test_each_piece_of_work_has_a_peak_of_its_own():
    large = PeakMemory()
    if large.bytes is None:
        pytest.skip("this system doesn't tell the peak of a process")
    before = large.bytes
    _fill(200 * MIB)
    small = PeakMemory()
    _fill(20 * MIB)
    assert large.bytes is not None
    if small.bytes is None:
        pytest.skip("this system lets nobody forget the peak of a process")
    assert small.bytes < before + 120 * MIB


def test_a_piece_of_work_that_needs_the_most_is_measured_everywhere():
    peak = PeakMemory()
    before = peak.bytes
    if before is None:
        pytest.skip("this system doesn't tell the peak of a process")
    _fill(200 * MIB)
    assert peak.bytes is not None and peak.bytes > before + 150 * MIB
