"""Which images choose the checkpoints: held out from training where there are enough, and told where there aren't."""

import dataclasses
import random

import pytest

from coralline.data.drawn_shapes import draw_dataset
from coralline.detector.training.selection_side import SideImage, choose_selection_side, divide_data, second_half
from pipeline import preflight
from pipeline.config import Config

CAT, DOG, RARE = "cat", "dog", "rare"


def settings(**train):
    return preflight.training_settings(Config.model_validate({"model": {"preset": "demo_160"}, "train": train}))


def alone(count, *class_names, prefix="image"):
    return [SideImage(f"{prefix}-{number}", frozenset(class_names)) for number in range(count)]


def choose(images, judged_on_test=False, **train):
    return choose_selection_side(images, settings(**train), judged_on_test)


def keys(images, side):
    return {images[number].key for number in side.held_out}


def test_a_tenth_of_enough_images_is_held_out():
    side = choose(alone(560, CAT))
    assert (side.split, len(side.held_out), side.unseen) == ("train", 56, True)
    assert side.sentence.startswith("56 of 560 training images choose the checkpoints and don't train")


def test_the_same_images_are_held_out_in_whatever_order_and_others_with_another_seed():
    images = alone(400, CAT) + alone(100, DOG, prefix="dog") + alone(40, prefix="background")
    shuffled = random.Random(1).sample(images, len(images))
    assert keys(images, choose(images)) == keys(shuffled, choose(shuffled)) != keys(images, choose(images, seed=2))


def test_each_class_with_half_an_image_for_it_is_held_out_by_its_share():
    sizes = {CAT: 500, DOG: 60, RARE: 5, "single": 1}
    images = [image for name, count in sizes.items() for image in alone(count, name, prefix=name)] + alone(40)
    side = choose(images)
    held = [images[number] for number in side.held_out]
    counts = {name: sum(name in image.class_names for image in held) for name in sizes}
    assert len(held) == 61 and counts["single"] == 0 and counts[RARE] == 1 and counts[DOG] == 6
    assert sum(not image.class_names for image in held) == 4


def test_many_rare_classes_leave_enough_for_training():
    images = [image for name in range(100) for image in alone(3, str(name), prefix=str(name))]
    side = choose(images)
    assert side.split == "train" and len(side.held_out) == 30
    left = [image for number, image in enumerate(images) if number not in side.held_out]
    assert {name for image in left for name in image.class_names} == set(map(str, range(100)))


def test_images_that_belong_together_are_on_one_side():
    images = [SideImage(f"clip-{number // 7}", frozenset((CAT,))) for number in range(700)]
    side = choose(images)
    held = keys(images, side)
    assert 60 <= len(side.held_out) <= 70
    assert not held & {image.key for number, image in enumerate(images) if number not in side.held_out}


def test_no_more_are_held_out_than_evaluations_look_at():
    assert len(choose(alone(5000, CAT)).held_out) == 200
    assert len(choose(alone(5000, CAT), evaluate_images=50).held_out) == 50


@pytest.mark.parametrize(
    ("images", "train", "why"),
    [
        (alone(160, CAT), {}, "(0.1 of 160 is 16; it takes 20)"),
        (alone(5000, CAT), {"evaluate_images": 19}, "(train.evaluate_images is 19; it takes 20)"),
        (alone(5000, CAT), {"selection_fraction": 0.0}, "(0 of 5000 is 0; it takes 20)"),
        (
            [SideImage(f"video-{number % 2}", frozenset((CAT,))) for number in range(600)],
            {},
            "of 600, whole groups of images that belong together are 0;",
        ),
        (
            alone(64, CAT),
            {"selection_fraction": 0.5, "batch_size": 40},
            "of 64, fewer than a batch of 40 would be left",
        ),
    ],
)
def test_where_data_is_scarce_the_eval_images_choose_and_it_is_said(images, train, why):
    side = choose(images, **train)
    assert (side.split, side.held_out, side.unseen) == ("eval", frozenset(), False)
    assert "judge the model too" in side.sentence and why in side.sentence


def test_with_a_test_split_the_eval_images_choose_and_all_training_images_train():
    side = choose(alone(5000, CAT), judged_on_test=True)
    assert (side.split, side.held_out, side.unseen) == ("eval", frozenset(), True)
    assert "test images, which judge the model, don't" in side.sentence


def test_halves_are_of_one_size_and_divide_no_group():
    keys = [f"group-{number // 4}" for number in range(40)] + [f"image-{number}" for number in range(30)]
    halves = second_half(keys)
    assert abs(2 * sum(halves) - len(keys)) <= 4
    assert len(set(zip(keys, halves, strict=True))) == len(set(keys)), "one half for each key"
    assert dict(zip(keys[::-1], second_half(keys[::-1]), strict=True)) == dict(zip(keys, halves, strict=True))


def test_what_a_cross_check_found_is_said():
    side = choose(alone(160, CAT))
    assert side.sentence_with(None, None) == side.sentence
    found = side.sentence_with(0.0042, -0.001)
    assert found.endswith("0.004 in the float and 0.000 in the quantization-aware phase (cross-check of two halves)")


def test_a_data_set_is_divided_before_training_as_the_training_divides_its_examples(tmp_path):
    from coralline.data.data_settings import DataSettings
    from coralline.data.dataset import read_dataset
    from coralline.data.records.annotated import encode_image
    from coralline.data.records.tf_example import decode_example

    draw_dataset(tmp_path, images=100, size_px=32)
    dataset = read_dataset(tmp_path, DataSettings(path=str(tmp_path)))
    half = settings(selection_fraction=0.5)
    training, choosing = divide_data(dataset.images, half)
    examples = [
        decode_example(encode_image(image, dataset.label_map)) for image in dataset.images if image.split == "train"
    ]
    side = choose_selection_side(
        [SideImage(example.group or example.source_id, frozenset(example.class_names)) for example in examples],
        half,
        judged_on_test=False,
    )
    assert {image.name for image in choosing} == {examples[number].source_id for number in side.held_out}
    assert len(training) + len(choosing) == len(examples) and len(choosing) >= 20
    test_side = [dataclasses.replace(image, split="test") for image in dataset.images[:5]]
    assert all(image.split == "eval" for image in divide_data([*dataset.images, *test_side], half)[1])
