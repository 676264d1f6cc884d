"""No format is mistaken for another by the beginning of its file, whole or cut off, however its keys are ordered."""

import json

import pytest

from coralline.data.reading.json_kinds import KINDS, kind_by_head, kind_of

_BOX = {"label": "cat", "coordinates": {"x": 1, "y": 2, "width": 3, "height": 4}}
_REGION = {"shape_attributes": {"name": "rect", "x": 1}, "region_attributes": {"label": "cat"}}
_RESULT = {"original_width": 1, "original_height": 1, "value": {"x": 1, "rectanglelabels": ["a"]}, "type": "x"}
_IMAGE = {"filename": "a.jpg", "size": 1, "regions": [_REGION], "file_attributes": {}}
_SHAPE = {"label": "cat", "points": [[1, 2], [3, 4]], "shape_type": "rectangle"}
EXAMPLES = {
    "coco": [
        {
            "info": {"version": "1"},
            "licenses": [{"id": 1, "name": "x"}],
            "images": [{"id": 1, "file_name": "a.jpg", "width": 1, "height": 1}],
            "annotations": [{"id": 1, "image_id": 1, "bbox": [1, 2, 3, 4]}],
            "categories": [{"id": 1, "name": "shapes"}],
        },
    ],
    "labelme": [
        {"version": "5", "flags": {}, "shapes": [_SHAPE], "imagePath": "a.jpg", "imageData": "x" * 100_000},
        {"imageData": None, "imagePath": "a.jpg", "shapes": []},
        {"shapes": [_SHAPE]},
    ],
    "via": [
        {"_via_settings": {"ui": {}}, "_via_img_metadata": {"a.jpg1": _IMAGE}, "_via_attributes": {}},
        {"a.jpg1": _IMAGE},
        {"a.jpg1": {"fileref": "", "filename": "a.jpg", "base64_img_data": "", "regions": {"0": _REGION}}},
        {"project": {"pid": "1", "vid_list": ["1"]}, "config": {}, "attribute": {}, "file": {}, "view": {}},
    ],
    "createml": [
        [{"image": "a.jpg", "annotations": [_BOX]}],
        [{"imagefilename": "a.jpg", "annotation": [_BOX]}],
        [{"annotations": [_BOX], "verified": False, "image": "a.jpg"}],
        [{"image": "a.jpg", "annotations": []}],
    ],
    "label_studio": [
        [{"id": 1, "annotations": [{"id": 1, "completed_by": 1, "result": [_RESULT]}], "data": {"image": "a.jpg"}}],
        [{"id": 1, "data": {"image": "a.jpg"}, "completions": [{"result": []}]}],
        [{"id": 1, "data": {"image": "a.jpg"}, "annotations": [], "predictions": []}],
        {"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"result": [_RESULT]}]},
        [{"image": "a.jpg", "id": 1, "label": [_RESULT | _RESULT["value"]], "annotator": 1, "annotation_id": 1}],
    ],
    "datumaro": [{"info": {}, "categories": {"label": {"labels": []}}, "items": [{"id": "a", "annotations": []}]}],
    "supervisely": [{"tags": [], "size": {"height": 1, "width": 1}, "objects": [{"classTitle": "x"}]}],
    "cityscapes": [{"imgHeight": 1, "imgWidth": 1, "objects": [{"label": "car", "polygon": [[1, 2]]}]}],
    "vott asset": [{"asset": {"format": "jpg"}, "regions": [{"id": "1", "tags": ["a"]}], "version": "2.1.0"}],
    "vott": [{"name": "p", "sourceConnection": {}, "assets": {"1": {}}}],
    "labelbox": [{"data_row": {"id": "1"}, "media_attributes": {}, "projects": {}}],
    "labelbox old": [[{"ID": "1", "Labeled Data": "https://x/a.jpg", "Label": {"objects": []}}]],
    "sagemaker": [{"source-ref": "s3://b/a.jpg", "boxes": {"annotations": [{"class_id": 0}], "image_size": []}}],
    "bdd100k": [[{"name": "a.jpg", "attributes": {}, "labels": [{"category": "car", "box2d": {"x1": 1}}]}]],
    "darwin": [{"version": "2.0", "schema_ref": "x", "item": {"name": "a"}, "annotations": [{"bounding_box": {}}]}],
    "coco results": [[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]],
    "label studio storage": [{"id": 1, "result": [_RESULT], "task": {"id": 1, "data": {}}}],
    None: [
        {"name": "p", "version": "1", "images": 1, "scripts": {}, "dependencies": {}, "flags": {}, "files": ["a"]},
        {"compilerOptions": {"paths": {}}, "files": ["a.ts"], "include": ["src"]},
        {"cells": [{"cell_type": "code", "source": ["images"]}], "metadata": {}, "nbformat": 4},
        {"images": ["a.jpg"]},
        {"annotations": "annotations.json", "image": "a.jpg"},
        [{"image": "a.jpg", "caption": "a cat"}],
        [{"data": [1], "label": "x"}],
        {"shapes": 3, "project": "x", "view": "y"},
        {"project": {"name": "x"}, "view": {}, "filename": "a"},
        [1, 2],
        [],
        {},
        "text",
        None,
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "content"), [(kind, content) for kind, contents in EXAMPLES.items() for content in contents]
)
@pytest.mark.parametrize("indent", [None, 2])
def test_kind_is_told_by_the_keys(kind, content, indent, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content, indent=indent))
    assert kind_of(str(path)) == kind
    matching = [name for name, is_of in KINDS.items() if kind_by_head(path.read_text(), is_cut=False) == name and is_of]
    assert matching == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("kind", "content"),
    [(kind, content) for kind, contents in EXAMPLES.items() for content in contents if kind],
)
def test_a_cut_file_is_of_its_kind_or_of_none(kind, content):
    text = json.dumps(content)[:70_000]
    assert {kind_by_head(text[:end], is_cut=True) for end in range(0, len(text), max(1, len(text) // 200))} <= {
        kind,
        None,
    }


@pytest.mark.parametrize(
    "text", ["", "\0", "{" * 100_000, "[" * 100_000, '"' * 9999, '{"a' * 9999, "}" * 9999, "\\" * 9999]
)
def test_any_text_is_looked_at(text):
    assert kind_by_head(text, is_cut=True) is None


def test_a_file_that_cannot_be_read_is_of_no_kind(tmp_path):
    assert kind_of(str(tmp_path / "gone.json")) is None and kind_of(str(tmp_path)) is None
