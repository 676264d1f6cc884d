from pathlib import Path

from pipeline import config_reference

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_page_says_what_the_configuration_says():
    written = (_DOCS / "configuration.md").read_text(encoding="utf-8")
    assert written == config_reference.page(), "run: python -m pipeline.config_reference > docs/configuration.md"
