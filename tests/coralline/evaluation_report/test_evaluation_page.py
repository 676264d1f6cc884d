"""The page and report.json: what they hold, what they leave out, and how large they grow."""

import dataclasses
import datetime
import json
import re

import pytest

from coralline.evaluation_report.evaluation_page import make_page
from coralline.evaluation_report.page_content import PageHead, PageSection, PageVerdict

PAGE_BYTES = 5_000_000


@pytest.fixture(scope="module")
def sample(judged_sample):
    """Fourteen images."""
    return judged_sample(14, side=120)


@pytest.fixture(scope="module")
def scored(sample):
    """Four models' figures on them."""
    return sample.scored()


@pytest.fixture(scope="module")
def html(sample, scored):
    """The page with everything on it."""
    return sample.page(4, scored=scored).as_html()


def bare_page(sample, pictures=3, **more):
    """What is known of any detector: its file and its detections."""
    return make_page(
        sample.scored(["model"]),
        sample.images,
        {"model": ("found.tflite", "")},
        head=PageHead(datetime.datetime(2026, 11, 30), model="found.tflite"),
        file={"name": "found.tflite", "bytes": 1000, "sha256": "ab" * 32},
        pictures=pictures,
        **more,
    )


def test_title_and_head_name_verdict_data_preset_run_and_date(html):
    title = re.search(r"<title>(.*?)</title>", html)[1]
    assert title.startswith("Blessed – ")
    for name in ("/data/yard", "ssd_mobilenet_v2", "run-7", "2026-11-30 05:40 UTC"):
        assert name in title and name in html.split("</header>")[0].split("<header")[1]


def test_page_leads_nowhere_outside_and_loads_nothing(html):
    assert not re.search(r"""src="(?!data:)|href="(?!#)|url\((?!#)|https?://|@import""", html)


def test_plots_have_no_date_and_ids_of_their_own(html):
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([\w-]+)', html)) <= set(ids)
    assert "matplotlib" not in html and "DejaVu" not in html and "#0102" not in html


def test_page_of_the_same_figures_is_the_same(sample, scored, html):
    assert sample.page(4, scored=scored).as_html() == html


def test_what_is_unknown_is_left_out(sample):
    page = bare_page(sample)
    html, content = page.as_html(), page.as_json()
    for absent in ("Blessed", "Edge TPU", "training", "thresholds and code", "Difference", "On this CPU", "None"):
        assert absent not in re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL), absent
    assert "AP50 0." in re.search(r"<h1[^>]*>(.*?)</h1>", html)[1]
    assert "blessed" not in content and content["latency"] is None and content["training"] == []


def test_compares_with_another_file(sample):
    page = make_page(
        sample.scored(["int8", "baseline"]),
        sample.images,
        {"int8": ("new.tflite", ""), "baseline": ("old.tflite", "")},
        head=PageHead(datetime.datetime(2026, 11, 30)),
        file={"name": "new.tflite", "bytes": 1, "sha256": "0" * 64},
        pictures=0,
        against="baseline",
    )
    difference = page.as_json()["differences"]["baseline"]["AP"]
    assert difference["low"] < difference["high"]
    assert "new.tflite less old.tflite" in page.as_html()


def test_report_json_keeps_the_keys_that_other_steps_read(sample):
    page = sample.page(
        2, sections=[PageSection("more", "More", "<section>more</section>", {"data": {"sentence": "s"}})]
    )
    content = json.loads(json.dumps(page.as_json(), allow_nan=False))
    for key in ("images", "split", "int8", "qat", "float", "baseline", "blessed", "reasons", "checks", "thresholds"):
        assert key in content
    for key in ("mapping", "at_best_threshold", "file", "data", "pictures", "intervals", "errors", "calibration"):
        assert key in content
    best = content["at_best_threshold"]
    assert 0 < best["score_threshold"] < 1 and best["iou"] == 0.5
    assert set(best["per_class"]["cat"]) == {"boxes", "found", "false"}
    assert (
        content["intervals"]["int8"]["AP"]["low"] <= content["int8"]["AP"] <= content["intervals"]["int8"]["AP"]["high"]
    )
    assert "<section>more</section>" in page.as_html() and '<a href="#more">More</a>' in page.as_html()


def test_checkpoint_chosen_on_the_judging_images_is_a_caveat_beside_the_figures(sample, scored):
    def after(selection):
        html = sample.page(0, scored=scored, selection=selection).as_html()
        return html.index("Chosen &lt;so&gt;.") > html.index('id="training"')

    assert after({"sentence": "Chosen <so>.", "unseen": True})
    assert not after({"sentence": "Chosen <so>.", "unseen": False})


def test_not_blessed_says_why(sample, scored):
    verdict = PageVerdict(False, ["AP50 0.1 is below <0.3>"], [], {"min_ap50": 0.3})
    html = sample.page(0, scored=scored, verdict=verdict).as_html()
    assert "<title>Not blessed" in html and "AP50 0.1 is below &lt;0.3&gt;" in html


def test_detector_that_finds_nothing_has_no_best_threshold(judged_sample):
    page = judged_sample(3, side=120, finds=False).page(2)
    html, content = page.as_html(), page.as_json()
    assert content["at_best_threshold"] == {"score_threshold": None, "iou": 0.5, "per_class": {}}
    assert content["int8"]["AP"] == 0 and content["confusion"] is None and content["calibration"] is None
    assert "best balance" not in html and ">Found<" not in html and "What a score is worth" not in html
    assert len(content["pictures"]) == 2 and "no detection overlaps it" in html


def test_says_what_frigates_own_floor_would_lose(sample, scored):
    page = sample.page(0, scored=scored)
    thresholds = page.analysis.thresholds
    for lost, told in ((0, False), (3, True)):
        overall = dataclasses.replace(thresholds.overall, below_frigate_floor=lost)
        analysis = dataclasses.replace(page.analysis, thresholds=dataclasses.replace(thresholds, overall=overall))
        html = dataclasses.replace(page, analysis=analysis).as_html()
        assert ("it loses 3 of the" in html) == told == ("Frigate looks at nothing below .4" in html)


def test_images_without_boxes_have_no_figures(judged_sample):
    page = judged_sample(1, side=120, boxes=0).page(1)
    html, content = page.as_html(), page.as_json()
    assert content["int8"]["AP"] is None and "–" in html
    for absent in ("AP is known", "95 % interval</span>", "too few", ">Difference<", "best balance"):
        assert absent not in html
    json.dumps(content, allow_nan=False)


def test_one_image_is_said_to_be_too_few(judged_sample):
    assert "too few" in judged_sample(1, ("cat",), side=120).page(1).as_html()


def test_hostile_names_are_escaped_everywhere(judged_sample):
    names = judged_sample.HOSTILE
    html = judged_sample(6, names, side=120, names=names).page(6).as_html()
    assert "<script>alert" not in html and '<b>"' not in html and "&lt;script&gt;alert" in html


def test_many_classes_and_images_stay_readable_and_small(judged_sample):
    sample = judged_sample(60, [f"class number {number}" for number in range(80)], boxes=7, side=64)
    page = sample.page(60, scored=sample.scored(["int8"], with_intervals=()))
    html = page.as_html()
    assert len(html.encode()) < PAGE_BYTES
    assert html.count('<tr><th scope="row"><span class="clamp">class number') == 80
    assert html.count('class="drawn"') == 6 + 1 + 2  # classes, scores, phases of the training
    assert "69 others" in html and "The classes with the most boxes; the other" in html


def test_writes_page_json_and_pictures(sample, scored, tmp_path):
    page = sample.page(3, scored=scored)
    page.write(str(tmp_path / "report"))
    content = json.loads((tmp_path / "report/report.json").read_text())
    assert len(content["pictures"]) == 3
    for picture in content["pictures"]:
        assert (tmp_path / "report" / picture).read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / "report/report.html").read_text(encoding="utf-8") == page.as_html()
