"""Examples written byte by byte are those that protobuf writes."""

import pytest

from components.dataset.examples.example_proto import example_class
from components.dataset.examples.example_wire import serialize

IMAGE = bytes(range(256)) * 300


@pytest.mark.parametrize("floats", [[], [0.0], [0.1, -3.5e30]], ids=len)
@pytest.mark.parametrize("integers", [[], [1], [0, 127, 128, 300, 2**31, 2**63 - 1, -1]], ids=len)
@pytest.mark.parametrize("values", [[], [b""], ["cät".encode(), b"", b"x" * 127, b"x" * 128, IMAGE]], ids=len)
def test_bytes_are_protobuf_s(values, floats, integers):
    example = example_class()()
    feature = example.features.feature
    feature["image/z"].bytes_list.value.extend(values)
    feature["image/a"].float_list.value.extend(floats)
    feature["k" * 200].int64_list.value.extend(integers)
    written = serialize(
        bytes_lists={"image/z": values}, float_lists={"image/a": floats}, int64_lists={"k" * 200: integers}
    )
    assert written == example.SerializeToString(deterministic=True)
