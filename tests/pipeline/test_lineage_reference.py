"""The page on what lineage records says what the names say."""

from pathlib import Path

from coralline.lineage.recorded_names import recorded_names
from pipeline import lineage_reference

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_page_says_what_the_names_say():
    written = (_DOCS / "lineage-records.md").read_text(encoding="utf-8")
    assert written == lineage_reference.records_page(), (
        "run: python -m pipeline.lineage_reference > docs/lineage-records.md"
    )


def test_every_name_is_on_the_page_with_its_meaning():
    page = lineage_reference.records_page()
    assert [name for name in recorded_names() if f"`{name}`" not in page or name.meaning not in page] == []


def test_no_name_is_defined_twice():
    assert len(set(recorded_names())) == len(recorded_names()) > 90
