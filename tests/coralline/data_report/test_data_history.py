"""The folder in which runs leave what their data was like."""

import json

import pytest

from coralline.data_report.data_history import DataHistory


def summary(number, fingerprint):
    return {"format": 1, "time": f"2026-03-14T10:{number // 60:02d}:{number % 60:02d}Z", "fingerprint": fingerprint}


@pytest.fixture(params=["", "file://"])
def history(request, tmp_path):
    return DataHistory(f"{request.param}{tmp_path}/history")


def test_gives_the_newest_of_another_content(history):
    assert history.before("a" * 64) is None
    for number, content in enumerate("abcc"):
        history.add(summary(number, content * 64))
    assert history.before("c" * 64) == summary(1, "b" * 64)
    assert history.before("d" * 64) == summary(3, "c" * 64)


def test_forgets_the_oldest(history, tmp_path):
    for number in range(55):
        history.add(summary(number, f"{number:064x}"[::-1]))
    names = sorted(path.name for path in (tmp_path / "history").iterdir())
    assert len(names) == 50 and names[0].startswith("20260314T100005Z-")


def test_passes_over_what_is_no_summary(history, tmp_path):
    history.add(summary(1, "a" * 64))
    for name, content in {
        "20270101T000000Z-bbbbbbbbbbbb.json": "{",
        "20270101T000001Z-bbbbbbbbbbbb.json": json.dumps({"format": 0}),
        "20270101T000002Z-bbbbbbbbbbbb.json.7.part": "",
        "notes.txt": "",
    }.items():
        (tmp_path / "history" / name).write_text(content)
    assert history.before("c" * 64) == summary(1, "a" * 64)
