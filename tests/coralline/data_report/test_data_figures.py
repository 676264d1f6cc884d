"""The page, of data sets on disk."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset
from coralline.data.drawn_shapes import draw_dataset
from coralline.data.judging.problems import Problem
from coralline.data_report import contact_sheet
from coralline.data_report.data_figures import RUN_PLACE, DataFigures, as_html, copy_below, write_data_report
from coralline.detector.presets import PRESETS


@pytest.fixture
def shapes(tmp_path):
    draw_dataset(tmp_path / "shapes", images=20, size_px=64)
    return tmp_path / "shapes"


def inspected(folder, **options):
    return check_dataset(str(folder), DataSettings(**options))


def page_of(path, dataset, **more):
    figures = DataFigures.of(str(path), dataset)
    content = {**figures.as_json(), **more}
    return as_html(content, figures), content


def edit(folder, number, change):
    path = folder / "annotations" / f"shapes-{number:04d}.xml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return path.name


def test_report_counts_boxes_sizes_and_unmatched_boxes(shapes):
    html, content = page_of(shapes, inspected(shapes))
    assert content["anchors"].keys() == PRESETS.keys() and content["path"] == str(shapes)
    assert 0.1 < content["box_sizes"]["median"] < 0.6 and 0.5 < content["aspect_ratios"]["median"] < 2
    assert content["anchor_advice"] is None
    assert sum(size["images"] for size in content["image_sizes"]["most_frequent"]) <= 20
    assert content["image_sizes"]["smallest"][0] == 64
    assert "This data can be trained on" in html and "circle" in html


def test_page_brings_everything_with_it(shapes):
    html, _ = page_of(shapes, inspected(shapes))
    assert not re.search(r"src=|href=|url\((?!data:)|https?://|@import", html)
    assert html.count("data:image/jpeg;base64,") == 20 and html.count(RUN_PLACE) == 1


def test_text_of_the_data_is_escaped(shapes):
    edit(shapes, 0, lambda text: text.replace("<name>", "<name>&lt;script&gt;x", 1))
    (shapes / "images" / "<b>&.jpg").write_bytes((shapes / "images" / "shapes-0001.jpg").read_bytes())
    html, _ = page_of(shapes, inspected(shapes))
    assert "&lt;script&gt;x" in html and "<script>x" not in html and "&lt;b&gt;&amp;.jpg" in html


def test_every_kind_of_problem_is_shown_with_its_places_and_what_becomes_of_it(shapes):
    name = edit(shapes, 3, lambda text: re.sub("<xmin>.*?<", "<xmin>left<", text, count=1))
    for number in range(5, 15):
        edit(shapes, number, lambda text: re.sub("<xmax>.*?<", "<xmax>-5<", text))
    html, content = page_of(shapes, inspected(shapes, on_bad_number="fail", on_misread_boxes="keep"))
    assert "1 problem would stop a run" in html and "isn&#39;t a number (&#39;left&#39;)" in html
    assert re.search(rf"annotations/{name}:\d+", html) and "<strong>bad_number</strong> 1" in html
    off = [problem for problem in content["problems"] if problem["kind"] == "inverted_box"]
    off += [problem for problem in content["problems"] if problem["kind"] == "box_off_image"]
    assert len(off) > 10


def test_places_are_capped_and_the_rest_is_counted(make_image, make_dataset):
    problems = [Problem("zero_area_box", f"/data/{i:03d}.xml", "has no area", policy="drop") for i in range(70)]
    html, _ = page_of("/data", make_dataset(make_image("a.jpg", [(1, 1, 50, 50)]), problems=problems))
    assert "<code>019.xml</code>" in html and "<code>020.xml</code>" not in html
    assert "and 50 more, in report.json" in html


def test_chosen_preset_and_its_input_size_stand_first(shapes):
    from dataclasses import replace

    chosen = replace(PRESETS["mobilenet_v2_320"], input_size=640)
    figures = DataFigures.of(str(shapes), inspected(shapes), chosen)
    html = as_html(figures.as_json(), figures)
    assert '<option value="mobilenet_v2_320" selected>mobilenet_v2_320, 640 pixels' in html
    assert (
        '<option value="mobilenet_v2_256" selected>mobilenet_v2_256, 256 pixels'
        in page_of(shapes, inspected(shapes))[0]
    )


def test_advised_anchors_are_shown_beside_the_preset_s(make_image, make_dataset):
    boxes = [(10, top, 130, top + 14) for top in range(10, 230, 20)]
    dataset = make_dataset(*(make_image(f"{i}.jpg", boxes) for i in range(5)))
    figures = DataFigures.of("/data", dataset, PRESETS["mobilenet_v2_256"])
    content = figures.as_json()
    html = as_html(content, figures)
    assert content["anchor_advice"]["now"]["unmatched"] == 55 and content["anchor_advice"]["then"]["unmatched"] == 0
    assert html.index(">mobilenet_v2_256, 256 pixels<") < html.index(">as advised, 256 pixels<")
    assert "--set model.aspect_ratios=" in html.replace("&#39;", "") and "would match them all" in html
    assert as_html(figures.as_json(), figures).count('data-preset="as advised"') == 3


def test_data_without_a_box_or_an_image_has_a_page_too(make_image, make_dataset):
    assert "0.0 %" not in page_of("/data", make_dataset(make_image("a.jpg", [])))[0]
    html, content = page_of("/data", make_dataset())
    assert content["box_sizes"] is None and "No class." in html


def test_a_page_stays_small_however_many_boxes_there_are(make_image, make_dataset):
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 4000, (50_000, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(1, 96, (50_000, 2))], axis=1)
    problems = [Problem("truncated_box", "/data/a.xml", f"box {i}", policy="keep") for i in range(50_000)]
    html, _ = page_of("/data", make_dataset(make_image("a.jpg", boxes, size=(4096, 4096)), problems=problems))
    assert len(html) < 1_000_000


def test_a_comparison_is_shown_with_what_is_new_gone_and_changed(make_image, make_dataset):
    compared = {
        "with": {"time": "2026-03-14T10:15:00Z", "path": "/earlier", "fingerprint": "f"},
        "images": {"before": 3, "now": 1},
        "boxes": {"before": 1, "now": 1},
        "median_box_size": {"before": None, "now": 0.25},
        "classes": {"cat": {"before": 0.3, "now": 1.0}, "dog": {"before": 0.7, "now": None}},
        "sentences": ["removed classes: dog"],
    }
    html, _ = page_of("/data", make_dataset(make_image("a.jpg", [(1, 1, 50, 50)])), compared=compared)
    assert "<code>/earlier</code>, 2026-03-14 10:15:00 UTC" in html and "removed classes: dog" in html
    assert ">+70.0 points<" in html and ">gone<" in html and ">−2<" in html


def test_file_names_that_are_no_text_can_be_written(make_image, make_dataset, tmp_path):
    figures = DataFigures.of("/data", make_dataset(make_image("caf\udce9.jpg", [(1, 1, 50, 50)])))
    write_data_report(str(tmp_path / "report"), figures.as_json(), figures)
    assert "caf\\udce9.jpg" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_a_run_s_report_leads_to_it_and_back(shapes, tmp_path):
    figures = DataFigures.of(str(shapes), inspected(shapes))
    write_data_report(f"file://{tmp_path}/one", figures.as_json(), figures)
    copy_below(f"file://{tmp_path}/one", f"file://{tmp_path}/run/data", "../report.html")
    html = (tmp_path / "run" / "data" / "report.html").read_text(encoding="utf-8")
    assert html.count('href="../report.html"') == 1 and RUN_PLACE not in html
    assert json.loads((tmp_path / "run" / "data" / "report.json").read_text())["images"] == 20


def test_half_of_the_pictures_are_of_images_where_something_was_wrong_each_kind_in_turn(shapes):
    for number in range(12):
        edit(shapes, number, lambda text: re.sub("<xmin>.*?<", "<xmin>-2<", text, count=1))
    edit(shapes, 12, lambda text: text[:50])
    sheet = contact_sheet.make(str(shapes), inspected(shapes, on_unparsable_xml="drop"), wanted=8)
    notes = [picture.notes for picture in sheet]
    assert len(sheet) == 8 and [bool(of) for of in notes] == [True] * 4 + [False] * 4
    assert notes[0] == ("the annotation isn't well-formed XML (left out)",) and sheet[0].split == ""
    assert all("reaches beyond the image (fixed while reading)" in of[0] for of in notes[1:4])


def test_a_box_is_drawn_as_it_was_and_as_it_is_used(shapes):
    name = edit(shapes, 0, lambda text: re.sub("<xmin>.*?<", "<xmin>-6.4<", text, count=1))
    dataset = inspected(shapes)
    picture = contact_sheet.make(str(shapes), dataset)[0]
    assert picture.name == f"images/{name.replace('.xml', '.jpg')}"
    [before] = [mark for mark in picture.marks if mark.outcome == "missed"]
    used = [mark for mark in picture.marks if mark.outcome == ""]
    assert before.left == -10 and any(mark.left == 0 and mark.top == before.top for mark in used)


def test_an_image_that_cannot_be_shown_says_so(shapes):
    path = shapes / "images" / "shapes-0000.jpg"
    path.write_bytes(path.read_bytes()[:300])
    picture = contact_sheet.make(str(shapes), inspected(shapes, on_unreadable_image="drop"))[0]
    assert picture.data_uri is None and picture.notes[-1].startswith("it can't be shown")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_upright(tmp_path, orientation):
    from PIL import ImageOps

    from coralline.data.images.image_file import thumbnail

    image = Image.fromarray(np.arange(30 * 20 * 3, dtype=np.uint8).reshape(30, 20, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    small, full = thumbnail((tmp_path / "a.png").read_bytes(), 400)
    with Image.open(tmp_path / "a.png") as saved:
        assert small.tobytes() == ImageOps.exif_transpose(saved).tobytes() and full == small.size


def test_misread_boxes_are_drawn_as_read_and_as_meant(shapes):
    for number in range(20):
        with Image.open(shapes / "images" / f"shapes-{number:04d}.jpg") as image:
            sides = {"x": image.width, "y": image.height}
        path = shapes / "annotations" / f"shapes-{number:04d}.xml"
        pieces = re.split(r"(?<=<)([xy])(min|max)>(\d+)<", path.read_text())
        for i in range(1, len(pieces), 4):
            pieces[i : i + 3] = [f"{pieces[i]}{pieces[i + 1]}>{int(pieces[i + 2]) / sides[pieces[i]]:.5f}<", "", ""]
        path.write_text("".join(pieces))
    html, _ = page_of(shapes, inspected(shapes))
    assert html.count('title="as meant"') == html.count('title="as read"') == 3
    assert "most likely misread</h2>" in html and "read as corners xmin" in html
    assert "most likely misread</h2>" not in page_of(shapes, inspected(shapes, box_units="normalized"))[0]
