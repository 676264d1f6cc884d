"""The PostProcess kernel against a straightforward numpy reference of the same rules."""

import numpy as np
import pytest

from coralline.tflite.post_process import PostProcess
from coralline.tflite.post_process_op import PostProcessing

SCALES = (10.0, 10.0, 5.0, 5.0)


def decoded(encodings, anchors, scales):
    y, x, h, w = (encodings / np.array(scales)).T
    ycenter, xcenter = y * anchors[:, 2] + anchors[:, 0], x * anchors[:, 3] + anchors[:, 1]
    half_h, half_w = np.exp(h) * anchors[:, 2] / 2, np.exp(w) * anchors[:, 3] / 2
    return np.stack([ycenter - half_h, xcenter - half_w, ycenter + half_h, xcenter + half_w], 1)


def iou(a, b):
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = np.prod(np.clip(high - low, 0, None))
    return shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


def suppressed(boxes, scores, score_threshold, iou_threshold, most):
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        room = scores[i] >= score_threshold and len(kept) < most
        if room and all(iou(boxes[i], boxes[k]) <= iou_threshold for k in kept):
            kept.append(i)
    return kept


def reference(encodings, scores, anchors, max_detections, score_threshold, iou_threshold, regular):
    boxes, real = decoded(encodings, anchors, SCALES), scores[:, 1:]
    if regular:
        rows = [
            (real[i, c], c, boxes[i])
            for c in range(real.shape[1])
            for i in suppressed(boxes, real[:, c], score_threshold, iou_threshold, 100)
        ]
        rows = sorted(rows, key=lambda row: -row[0])[:max_detections]
    else:
        best = real.max(1)
        kept = suppressed(boxes, best, score_threshold, iou_threshold, max_detections)
        rows = [(best[i], int(real[i].argmax()), boxes[i]) for i in kept]
    return rows


def random_outputs(seed, anchors=300, classes=3):
    rng = np.random.default_rng(seed)
    boxes = np.concatenate([rng.random((anchors, 2)), rng.uniform(0.1, 0.4, (anchors, 2))], 1)
    return (
        boxes.astype(np.float32),
        rng.normal(size=(anchors, 4)).astype(np.float32),
        rng.random((anchors, classes + 1), np.float32) ** 4,
    )


@pytest.mark.parametrize("regular", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_the_reference_on_random_outputs(seed, regular):
    anchors, encodings, scores = random_outputs(seed)
    found = PostProcess(anchors, PostProcessing(20, 0.3, 0.5, 3, SCALES, use_regular_nms=regular)).run(
        encodings, scores
    )
    expected = reference(encodings, scores, anchors, 20, 0.3, 0.5, regular)
    assert len(found) == len(expected) > 5
    np.testing.assert_allclose(found.scores, [row[0] for row in expected], rtol=1e-6)
    np.testing.assert_array_equal(found.class_ids, [row[1] for row in expected])
    np.testing.assert_allclose(found.boxes_ymin_xmin_ymax_xmax, [row[2] for row in expected], atol=1e-5)


def test_background_column_is_never_looked_at():
    anchors, encodings, scores = random_outputs(7)
    judge = PostProcess(anchors, PostProcessing(20, 0.3, 0.5, 3, SCALES))
    plain = judge.run(encodings, scores)
    scores[:, 0] = 1.0
    assert np.array_equal(plain.scores, judge.run(encodings, scores).scores)


def test_an_image_without_detections_leaves_nothing_of_the_previous_one():
    anchors, encodings, scores = random_outputs(3)
    judge = PostProcess(anchors, PostProcessing(20, 0.3, 0.5, 3, SCALES))
    assert len(judge.run(encodings, scores)) > 0
    empty = judge.run(encodings, np.zeros_like(scores))
    assert len(empty) == 0 and empty.boxes_ymin_xmin_ymax_xmax.shape == (0, 4)


def test_options_survive_encoding():
    options = PostProcessing(25, 0.01, 0.5, 3, (1.0, 1.0, 2.0, 2.0), use_regular_nms=True)
    assert PostProcessing.decode(options.encode()) == options


@pytest.mark.parametrize("damaged", [b"", b"\x00", b"\xff" * 20, b"\x28\x01\x01"])
def test_damaged_options_are_one_value_error(damaged):
    with pytest.raises(ValueError, match="damaged TFLite_Detection_PostProcess options"):
        PostProcessing.decode(damaged)
