"""A small pipeline.config, and a folder to put it into."""

from pathlib import Path

import pytest

from coralline.data.records.label_map import LabelMap
from coralline.od_api.translation import translate


class Project:
    """`pipeline.config` and what it names, in the working directory."""

    config = (Path(__file__).parent / "pipeline.config").read_text(encoding="utf-8")

    def __init__(self, root):
        self.root = root
        for name in ("data/train.record", "data/val.record"):
            self.write(name, "")
        LabelMap(("cat", "dog")).write(str(root / "data" / "label_map.pbtxt"))

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def translate(self, text=config, replace=None, name="pipeline.config"):
        """The translation of the configuration, some of whose text is replaced."""
        for old, new in (replace or {}).items():
            assert old in text
            text = text.replace(old, new)
        self.write(name, text)
        return translate(name)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
