"""How a run is named, and what is said if it isn't one."""

from __future__ import annotations

from pathlib import Path

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.answers.run_choice import find_run
from coralline.lineage.run_history import open_lineage
from tests.coralline.lineage.answers.conftest import FIRST, REFUSED, SECOND


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("latest", REFUSED),
        ("previous", SECOND),
        ("latest~2", FIRST),
        ("served", SECOND),
        ("20260301", FIRST),
        (FIRST, FIRST),
    ],
)
def test_a_run_has_several_names(differing: Path, wanted: str, found: str) -> None:
    assert find_run(open_lineage(differing), wanted).run_id == found


def test_a_beginning_that_several_share_tells_which(differing: Path) -> None:
    with pytest.raises(UserError, match="3 runs begin with `2026`") as error:
        find_run(open_lineage(differing), "2026")
    assert FIRST in str(error.value.found)


@pytest.mark.parametrize("wanted", ["", "nothing", "latest~9", "latest~", "100%", "a'b", "x\x1b[31m", "y" * 10_000])
def test_what_is_no_run_is_told(differing: Path, wanted: str) -> None:
    with pytest.raises(UserError, match="the store has no run") as error:
        find_run(open_lineage(differing), wanted)
    assert "\x1b" not in str(error.value) and len(str(error.value)) < 1000


def test_no_run_is_served_where_no_folder_is(differing: Path) -> None:
    (differing / "published/latest").unlink()
    with pytest.raises(UserError, match="no run's model is known to be served"):
        find_run(open_lineage(differing), "served")
