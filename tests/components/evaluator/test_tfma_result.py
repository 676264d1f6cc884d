"""What TFMA's own readers find in the result, against the scoring core and the blessing."""

import numpy as np
import pytest

from components.evaluator.blessing import judge
from coralline.scoring.coco import GroundTruth, figures_of, match_by_coco, score
from coralline.scoring.evaluate_settings import THRESHOLDS, EvaluateSettings
from coralline.scoring.intervals import paired_difference, resample
from coralline.scoring.slices import figures_by_slice
from coralline.tflite.detections import Detections

CLASSES = ["circle", "square"]


def thresholds_of(**given):
    """These thresholds and no others."""
    return EvaluateSettings(**{**dict.fromkeys(THRESHOLDS), **given})


def images(count, seed=0):
    random = np.random.default_rng(seed)
    truths = []
    for index in range(count):
        corners = random.uniform(0, 0.5, (3, 2))
        boxes = np.concatenate([corners, corners + random.uniform(0.1, 0.5, (3, 2))], axis=1)
        truths.append(GroundTruth(f"{index}.jpg", 100, 150, boxes, random.integers(0, 2, 3), np.zeros(3, bool)))
    return truths


def detections(truths, noise, seed=1):
    random = np.random.default_rng(seed)
    return [
        Detections(
            (truth.boxes_ymin_xmin_ymax_xmax + random.normal(0, noise, (3, 4))).astype(np.float32),
            truth.class_ids,
            # 8-bit scores: many are equal, and rank by the order of the images
            (random.integers(0, 8, 3) / 8).astype(np.float32),
        )
        for truth in truths
    ]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    from components.evaluator import tfma_result

    def run(models, thresholds, truths=None, features=None):
        folder = str(tmp_path_factory.mktemp("evaluation"))
        matches = {model: match_by_coco(truths or images(20), found, CLASSES) for model, found in models.items()}
        figures = {model: figures_of(of) for model, of in matches.items()}
        resampled = {model: resample(of) for model, of in matches.items()}
        change = paired_difference(resampled["int8"], resampled["baseline"]) if "baseline" in models else None
        passed = tfma_result.write_result(
            figures,
            thresholds,
            folder,
            difference_high=change and change.high,
            slices=figures_by_slice(matches, features or {}),
        )
        assert passed == judge(thresholds, figures, against_baseline=change).blessed
        return folder, figures, passed

    return run


def test_tfma_reads_the_figures_of_the_scoring_core_for_every_model(evaluated):
    truths = images(20)
    models = {
        "int8": detections(truths, 0.03),
        "qat": detections(truths, 0.02),
        "float": detections(truths, 0.01),
        "baseline": detections(truths, 0.04),
    }
    folder, figures, _ = evaluated(models, thresholds_of(max_loss_to_float=1, max_loss_to_baseline=1))

    import tensorflow_model_analysis as tfma

    result = tfma.load_eval_result(folder, model_name="int8")
    (_, metrics) = result.slicing_metrics[0]
    assert metrics[""][""]["AP"]["doubleValue"] == pytest.approx(figures["int8"].ap, abs=1e-12)
    assert metrics[""][""]["AP_loss"]["doubleValue"] == pytest.approx(figures["float"].ap - figures["int8"].ap)
    assert [spec.name for spec in result.config.model_specs] == ["int8", "qat", "float", "baseline"]


@pytest.mark.parametrize(
    "thresholds",
    [
        thresholds_of(),
        thresholds_of(min_ap50=0.1),
        thresholds_of(min_ap50=1),
        thresholds_of(min_ap=0.99),
        thresholds_of(max_loss_to_float=0.0),
        thresholds_of(max_loss_to_float=1.0, max_loss_to_baseline=0.0),
        thresholds_of(max_loss_to_baseline=1.0),
    ],
    ids=str,
)
def test_tfmas_validation_agrees_with_the_blessing(evaluated, thresholds):
    truths = images(6)
    models = {
        "int8": detections(truths, 0.03),
        "float": detections(truths, 0.01),
        "baseline": detections(truths, 0.005),
    }
    evaluated(models, thresholds, truths)  # compares the two


@pytest.mark.parametrize("blurred", [0.005, 0.03])
def test_a_loss_to_the_baseline_beyond_chance_is_found_by_both(evaluated, blurred):
    truths = images(40)
    models = {"int8": detections(truths, blurred), "baseline": detections(truths, 0.005)}
    _, _, passed = evaluated(models, thresholds_of(max_loss_to_baseline=0.01), truths)
    assert passed == (blurred == 0.005)


@pytest.mark.parametrize("models", [["int8"], ["int8", "float"], ["int8", "qat", "float", "baseline"]])
def test_tfma_gives_the_int8_figures_and_slices_without_a_models_name(evaluated, models):
    truths = images(20)
    found = {model: detections(truths, 0.01 * place) for place, model in enumerate(models, start=1)}
    sides = {"folder": ["day", "night"] * 10, "image/width": [150] * 20}
    folder, figures, _ = evaluated(found, thresholds_of(), truths, sides)

    import tensorflow_model_analysis as tfma

    result = tfma.load_eval_result(folder)
    ap = {key: metrics[""][""]["AP"]["doubleValue"] for key, metrics in result.slicing_metrics}
    assert ap[()] == pytest.approx(figures["int8"].ap, abs=1e-12)
    assert ap[(("class", "square"),)] == pytest.approx(figures["int8"].per_class["square"], abs=1e-12)
    assert ap[(("size", "medium"),)] == pytest.approx(figures["int8"].ap_medium, abs=1e-12)
    by_night = score(truths[1::2], found["int8"][1::2], CLASSES)
    assert ap[(("folder", "night"),)] == pytest.approx(by_night.ap, abs=1e-12)
    assert ap[(("image/width", 150),)] == ap[()]
    assert len(ap) == 1 + 2 + 3 + 2 + 1
    assert tfma.load_eval_result(folder, model_name=models[-1]).slicing_metrics[0][1]


def test_one_model_alone_is_judged(evaluated):
    truths = images(4)
    _, figures, passed = evaluated({"int8": detections(truths, 0.0)}, thresholds_of(min_ap50=0.2), truths)
    assert passed and figures["int8"].ap > 0.9


def test_images_without_a_box_are_not_validated(evaluated):
    none = np.zeros((0, 4))
    truths = [GroundTruth("a.jpg", 10, 10, none, np.zeros(0, int), np.zeros(0, bool))]
    found = [Detections(none.astype(np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))]
    _, figures, passed = evaluated({"int8": found, "float": found}, thresholds_of(max_loss_to_float=0.1), truths)
    assert figures["int8"].ap is None and figures["int8"].per_class == {"circle": None, "square": None}
    assert not passed and not judge(thresholds_of(max_loss_to_float=0.1), figures).blessed
