"""Whether something can be published at a place is known before a run begins."""

import pytest

from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing.places import require_writable


def test_a_place_that_can_be_written_to_is_left_as_it_was(any_folder):
    require_writable(any_folder)
    assert not storage.exists(any_folder) or storage.list_folder(any_folder) == []


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("s3://nowhere/models", "there is no bucket `nowhere`"),
        ("s3://full/models", "bucket `full` has no room left"),
        ("s3://", "the address names no bucket"),
        ("gs://nowhere/models", "there is no bucket `nowhere`"),
        ("unheard://of/models", "unheard"),
        ("/dev/null/models", "Not a directory"),
        ("/proc/models", "No such file or directory"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_one_message(place, found, s3_bucket, request):
    if place.startswith("gs:"):
        request.getfixturevalue("gs_bucket")
    with pytest.raises(UserError, match="models can't be published there") as refused:
        require_writable(place)
    assert found in str(refused.value.found)
