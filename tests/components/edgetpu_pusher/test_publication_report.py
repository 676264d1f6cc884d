from pathlib import Path

import coralline.evaluation_report
from components.edgetpu_pusher import publication_report


def test_the_evaluators_page_has_one_place_for_it():
    page = Path(coralline.evaluation_report.__file__).with_name("evaluation_page.html.j2")
    before, after = page.read_text(encoding="utf-8").split(publication_report.PLACE)
    assert "<main>" in before and "</main>" in after


def test_a_report_at_an_address_is_taken_on_too(tmp_path):
    (tmp_path / "report/eval").mkdir(parents=True)
    (tmp_path / "report/report.html").write_text(f"<main>{publication_report.PLACE}</main>")
    (tmp_path / "report/report.json").write_text('{"images": 3}')
    (tmp_path / "report/eval/one.jpg").write_bytes(b"picture")
    outcome = {"pushed": True, "version": "v", "destination": "d", "reason": "r.", "refused_by": None, "edgetpu": {}}
    publication_report.write_publication(f"file://{tmp_path}/report", f"file://{tmp_path}/pushed/report", outcome)
    assert "Published, not compiled" in (tmp_path / "pushed/report/report.html").read_text()
    assert '"images": 3' in (tmp_path / "pushed/report/report.json").read_text()
    assert (tmp_path / "pushed/report/eval/one.jpg").read_bytes() == b"picture"
