"""Annotations that aren't read are named for what they are, with what to do, and don't disturb those that are."""

import pytest

from coralline.foundation.errors import UserError

SUPERVISELY = '{"tags": [], "size": {"height": 1, "width": 1}, "objects": [{"classTitle": "x"}]}'
DATUMARO = '{"info": {}, "categories": {"label": {"labels": []}}, "items": [{"id": "a", "annotations": []}]}'
CITYSCAPES = '{"imgHeight": 1, "imgWidth": 1, "objects": [{"label": "car", "polygon": [[1, 2]]}]}'
VOTT_ASSET = '{"asset": {"format": "jpg"}, "regions": [{"id": "1", "tags": ["a"]}], "version": "2.1.0"}'
VOTT = '{"name": "p", "sourceConnection": {}, "assets": {"1": {}}}'
LABELBOX = '{"data_row": {"id": "1"}, "media_attributes": {}, "projects": {}}'
LABELBOX_OLD = '[{"ID": "1", "Labeled Data": "https://x/a.jpg", "Label": {"objects": []}}]'
SAGEMAKER = '{"source-ref": "s3://b/a.jpg", "boxes": {"annotations": [{"class_id": 0}], "image_size": []}}'
BDD100K = '[{"name": "a.jpg", "attributes": {}, "labels": [{"category": "car", "box2d": {"x1": 1}}]}]'
DARWIN = '{"version": "2.0", "schema_ref": "x", "item": {"name": "a"}, "annotations": [{"bounding_box": {}}]}'
COCO_RESULTS = '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]'
LABEL_STUDIO_STORAGE = (
    '{"id": 1, "result": [{"original_width": 1, "original_height": 1, "value": {"x": 1, "rectanglelabels": ["a"]}, '
    '"type": "x"}], "task": {"id": 1, "data": {}}}'
)
KITTI = "Car 0.00 0 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59\n"
DOTA = "imagesource:GoogleEarth\ngsd:0.1\n10 20 30 20 30 40 10 40 plane 0\n"
OPEN_IMAGES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded\n0a,x,/m/0,1,0.1,0.2,0.1,0.2,0\n"
FILES = [
    ("ann/a.jpg.json", SUPERVISELY, "Supervisely", "COCO or Pascal VOC"),
    ("annotations/default.json", DATUMARO, "Datumaro", "COCO or Pascal VOC"),
    ("gtFine/a_gtFine_polygons.json", CITYSCAPES, "Cityscapes", "COCO JSON"),
    ("0a1b-asset.json", VOTT_ASSET, "VoTT", "Pascal VOC or CSV"),
    ("project.vott", "{}", "VoTT", "Pascal VOC or CSV"),
    ("vott-json-export/p-export.json", VOTT, "VoTT", "Pascal VOC or CSV"),
    ("export.ndjson", LABELBOX, "Labelbox", "COCO JSON"),
    ("export.json", LABELBOX_OLD, "Labelbox", "COCO JSON"),
    ("output.manifest", SAGEMAKER, "SageMaker", "COCO JSON"),
    ("det_train.json", BDD100K, "BDD100K", "to_coco"),
    ("a.json", DARWIN, "V7 Darwin", "COCO or Pascal VOC"),
    ("predictions.json", COCO_RESULTS, "detections", "with images and categories"),
    ("1.json", LABEL_STUDIO_STORAGE, "Label Studio", "as JSON or COCO"),
    ("train-annotations-bbox.csv", OPEN_IMAGES, "Open Images", "COCO JSON"),
    ("annotations.csv", "a.jpg,10,20,30,40,cat\n", "without a header", "first line"),
    ("via.csv", "# Exported using VGG Image Annotator (http://x)\n# CSV_HEADER = metadata_id\n", "VIA 3", "as JSON"),
    ("label_2/a.txt", KITTI, "KITTI", "COCO JSON"),
    ("labelTxt/a.txt", DOTA, "DOTA", "YOLO OBB"),
    ("a.txt", "10 20 30 20 30 40 10 40 plane 0\n", "DOTA", "YOLO OBB"),
    ("gt/gt.txt", "1,1,10,20,30,40,1,1,1\n", "MOT", "COCO JSON"),
    ("metadata.jsonl", '{"file_name": "a.jpg", "objects": {"bbox": [[1, 2, 3, 4]]}}\n', "Hugging Face", "COCO JSON"),
    ("SegmentationClass/a.png", "", "segmentation masks", "Annotations"),
    ("classes.txt", "cat\ndog\n", "LabelImg", "annotate the images"),
    ("annotations.zip", "PK", "zip", "unpack"),
    ("data/train.parquet", "PAR1", "Parquet", "COCO JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "told", "fix"), FILES, ids=[name for name, *_ in FILES])
def test_is_named_with_what_to_do(voc, look, name, text, told, fix):
    voc.image("images/a.jpg")
    voc.text(name, text)
    with pytest.raises(UserError) as error:
        look()
    assert told in error.value.what and fix in error.value.fix and name in error.value.found


@pytest.mark.parametrize(("name", "text", "told", "fix"), FILES, ids=[name for name, *_ in FILES])
def test_leaves_what_is_read_alone(voc, look, name, text, told, fix):
    for stem in "bc":
        voc.pair(stem, "images/")
    voc.text(name, text)
    dataset = look()
    assert dataset.reader == "LabelImg" and len(dataset.images) == 2


def test_other_files_are_no_annotations(voc, look):
    voc.image("a.jpg")
    voc.text("package.json", '{"name": "p", "version": "1", "files": ["a"]}')
    voc.text("pom.xml", "<?xml version='1.0'?>\n<!-- of Maven -->\n<project><name>p</name></project>")
    voc.text("readme.txt", "about these images\n")
    voc.text("table.csv", "a,b\n1,2\n")
    with pytest.raises(UserError, match="there are no annotations"):
        look()
