import hashlib
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from coralline.foundation.errors import UserError
from coralline.tflite.interpreter import cores
from coralline.tflite.video_file import VideoReader, VideoWriter
from pipeline.commands.predict.command import command
from pipeline.commands.predict.shown_scores import ShownScores


def predict(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def found_in(text):
    return json.loads(text)["files"]


def refused(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 1
    return result.stderr


@pytest.fixture
def image(tmp_path):
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[:, 50:, 1] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


def test_json_holds_class_score_and_box_of_the_original_image(model, image):
    found = found_in(predict(model, image, "--json"))
    assert found == {str(image): [{"class": "leaf", "score": pytest.approx(1, abs=0.02), "box": [0.0, 0.5, 1.0, 1.0]}]}


def test_pictures_show_the_boxes(model, image, tmp_path):
    assert "leaf" in predict(model, image, "-o", tmp_path / "out")
    before, after = np.asarray(Image.open(image)), np.asarray(Image.open(tmp_path / "out/wide.jpg"))
    assert after.shape == before.shape and (np.abs(before.astype(int) - after) > 60).any()


def test_a_folder_means_the_images_in_and_below_it(model, image, tmp_path):
    folder = tmp_path / "images"
    (folder / "c").mkdir(parents=True)
    for name in ("b.png", "a.JPG", "c/d.jpeg"):
        Image.open(image).save(folder / name)
    (folder / "notes.txt").write_text("x")
    found = list(found_in(predict(model, folder, "--json")))
    assert found == [str(folder / name) for name in ("a.JPG", "b.png", "c/d.jpeg")]


def test_threshold_leaves_out_weaker_detections(model, tmp_path):
    Image.new("RGB", (32, 32), (0, 128, 0)).save(tmp_path / "dim.png")
    assert len(found_in(predict(model, tmp_path / "dim.png", "--json"))[str(tmp_path / "dim.png")]) == 4
    assert found_in(predict(model, tmp_path / "dim.png", "--json", "--threshold", "0.6")) == {
        str(tmp_path / "dim.png"): []
    }


@pytest.fixture
def dim(tmp_path):
    """An image in which the model finds a leaf in each quarter, with a score of about .5."""
    Image.new("RGB", (32, 32), (0, 128, 0)).save(tmp_path / "dim.png")
    return tmp_path / "dim.png"


def suggest(model, overall, **per_class):
    """Writes the manifest of a published version beside the model."""
    entries = {name: score and {"score": score} for name, score in per_class.items()}
    manifest = {
        "files": {"model.tflite": hashlib.sha256(model.read_bytes()).hexdigest()},
        "score_threshold": overall,
        "score_thresholds": {"overall": overall and {"score": overall}, "per_class": entries},
    }
    model.with_name("manifest.json").write_text(json.dumps(manifest))


def test_a_published_model_shows_each_class_from_the_score_of_its_manifest(model, dim):
    suggest(model, 0.3, leaf=0.6, sea=None)
    found = json.loads(predict(model, dim, "--json"))
    assert found["files"] == {str(dim): []}
    assert found["threshold"] == {"source": "manifest", "score": 0.3, "per_class": {"leaf": 0.6, "sea": 0.3}}
    suggest(model, 0.6, leaf=0.412)
    assert len(found_in(predict(model, dim, "--json"))[str(dim)]) == 4
    assert "scores from 0.412 (leaf), 0.6 (sea): manifest.json beside the model" in predict(model, dim)


def test_a_given_threshold_counts_for_all_classes(model, dim):
    suggest(model, 0.6, leaf=0.6)
    found = json.loads(predict(model, dim, "--json", "--threshold", "0.4"))
    assert len(found["files"][str(dim)]) == 4
    assert found["threshold"] == {"source": "option", "score": 0.4, "per_class": {}}
    assert predict(model, dim, "--threshold", "0.4").startswith("scores from 0.4: --threshold\n")


def test_without_a_suggestion_it_says_which_score_it_takes_and_why(model, dim):
    found = json.loads(predict(model, dim, "--json"))
    assert found["threshold"] == {"source": "default", "score": 0.3, "per_class": {}}
    assert "scores from 0.3: the default, as no manifest.json lies beside the model" in predict(model, dim)
    suggest(model, None, leaf=None)
    assert "the default, as manifest.json suggests none: the evaluation found nothing" in predict(model, dim)


def test_of_many_classes_the_range_of_scores_is_told(quadrant_detector, dim, tmp_path):
    (tmp_path / "model.tflite").write_bytes(quadrant_detector())
    suggest(tmp_path / "model.tflite", 0.4, leaf=0.4)
    assert "scores from 0.4: manifest.json" in predict(tmp_path / "model.tflite", dim), "a file without labels"
    several = ShownScores(0.4, {str(number): number / 10 for number in range(1, 8)}, "manifest", "why")
    assert several.sentence == "scores from 0.1 to 0.7, by class: why"


def test_labels_beside_a_model_without_labels_are_used(quadrant_detector, image, tmp_path):
    (tmp_path / "bare.tflite").write_bytes(quadrant_detector())
    assert found_in(predict(tmp_path / "bare.tflite", image, "--json"))[str(image)][0]["class"] == "0"
    (tmp_path / "labels.txt").write_text("moss\nsky\n")
    assert found_in(predict(tmp_path / "bare.tflite", image, "--json"))[str(image)][0]["class"] == "moss"


def test_names_that_contradict_the_order_are_warned_of(quadrant_detector, image, tmp_path):
    names = ("num_detections", "detection_scores", "detection_classes", "detection_boxes")
    (tmp_path / "swapped.tflite").write_bytes(quadrant_detector(signature=names))
    result = CliRunner().invoke(command, [str(tmp_path / "swapped.tflite"), str(image), "--json"])
    assert "warning: " in result.stderr and "calls output 0 (boxes) 'num_detections'" in result.stderr
    assert len(found_in(result.stdout)[str(image)]) == 1


def test_a_missing_image_or_delegate_is_one_message(model, image, tmp_path):
    assert "none.jpg: the image can't be read" in refused(model, tmp_path / "none.jpg")
    with pytest.raises(UserError, match=r"delegate library libnone\.so can't be loaded"):
        predict(model, image, "--delegate", "libnone.so")


@pytest.fixture
def video(tmp_path):
    """Ten frames at five a second: from the fourth on, the right half is green."""
    with VideoWriter(tmp_path / "yard.mp4", 5.0) as writer:
        for number in range(10):
            pixels = np.zeros((64, 64, 3), np.uint8)
            pixels[:32, 32:, 1] = 255 * (number >= 4)
            writer.add(Image.fromarray(pixels))
    return tmp_path / "yard.mp4"


def test_a_video_is_told_frame_by_frame(model, video):
    frames = found_in(predict(model, video, "--json"))[str(video)]
    assert [frame["frame"] for frame in frames] == list(range(10))
    assert [frame["time"] for frame in frames] == pytest.approx([number / 5 for number in range(10)], abs=1e-3)
    assert [len(frame["detections"]) for frame in frames] == [0] * 4 + [1] * 6
    assert frames[5]["detections"][0]["box"] == pytest.approx([0, 0.5, 0.5, 1], abs=0.01)


def test_of_a_video_each_nth_frame_is_looked_at_and_drawn(model, video, image, tmp_path):
    found = found_in(predict(model, video, image, "--json", "--every", "4", "-o", tmp_path / "seen"))
    assert [frame["frame"] for frame in found[str(video)]] == [0, 4, 8] and len(found[str(image)]) == 1
    drawn = VideoReader(tmp_path / "seen" / "yard.mp4")
    pictures = [np.asarray(frame.image) for frame in drawn.frames()]
    assert len(pictures) == 3 and pictures[0].shape == (64, 64, 3)
    assert np.abs(pictures[1][:32, 32:].astype(int) - (0, 255, 0)).max() > 60, "a box is drawn"
    assert (tmp_path / "seen" / "wide.jpg").is_file()


def test_people_read_where_in_a_video_something_is(model, video):
    text = predict(model, video)
    assert "yard.mp4 0.800 s (frame 4): 1 detection" in text
    assert "something in 6 of 10 frames" in text


def test_a_video_whose_index_is_missing_is_refused(model, video, tmp_path):
    whole = video.read_bytes()
    for share in (0.0, 0.3, 0.6):
        (tmp_path / "cut.mp4").write_bytes(whole[: int(share * len(whole))])
        assert "cut.mp4: the video can't be read" in refused(model, tmp_path / "cut.mp4")


def test_latency_is_told_and_written(model, image, tmp_path):
    text = predict(model, image, "--threads", "1000", "--latency", tmp_path / "latency.json")
    assert "latency: median " in text and "p90 " in text
    latency = json.loads((tmp_path / "latency.json").read_text())
    assert set(latency) == {"median_ms", "p90_ms", "runs", "threads", "delegate"}
    assert 0 < latency["median_ms"] <= latency["p90_ms"] and latency["runs"] == 20
    assert 1 <= latency["threads"] <= cores() and latency["delegate"] is None


def test_repeat_sets_how_often_each_image_is_run(model, image, tmp_path):
    predict(model, image, "--repeat", "7", "--latency", tmp_path / "latency.json")
    assert json.loads((tmp_path / "latency.json").read_text())["runs"] == 6, "the first of few warms up"


@pytest.mark.parametrize("as_json", [True, False])
def test_one_that_cannot_be_read_is_named_and_the_others_are_looked_at(model, image, tmp_path, as_json):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        Image.open(image).save(folder / name)
    (folder / "b.jpg").write_bytes(b"\0\0\0\x18ftypheic")
    (folder / "b.mp4").write_bytes(b"no video")
    arguments = [str(model), str(folder), "-o", str(tmp_path / "out"), *(["--json"] if as_json else [])]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 1
    assert f"{folder}/b.jpg: the image can't be read" in result.stderr and "a HEIC image" in result.stderr
    assert f"{folder}/b.mp4: the video can't be read" in result.stderr and "2 of 4 files can't be read" in result.stderr
    if as_json:
        assert list(found_in(result.stdout)) == [str(folder / "a.png"), str(folder / "c.png")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.jpg", "c.jpg"]


def test_nothing_that_can_be_read_is_an_empty_answer(model, tmp_path):
    result = CliRunner().invoke(command, [str(model), str(tmp_path / "gone.jpg"), "--json"])
    assert result.exit_code == 1 and found_in(result.stdout) == {} and "gone.jpg" in result.stderr
