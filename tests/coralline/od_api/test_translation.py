"""What a pipeline.config becomes: settings, what stays the same, what is left out and why."""

import re

import pytest

from coralline.foundation.errors import UserError
from coralline.od_api.translation import translate

SSD = "model {{ ssd {{ num_classes: 2 {} }} }}"
EXTRACTOR = "feature_extractor {{ type: '{}' {} }}"
RESIZER = "image_resizer {{ fixed_shape_resizer {{ height: {} width: {} }} }}"


def settings(translation):
    return {setting.key: setting.value for setting in translation.carried}


def why(translation, field):
    [reason] = {settled.why for settled in translation.left if settled.leaf.path.endswith(field)}
    return reason


def note(translation, key):
    [setting] = [setting for setting in translation.carried if setting.key == key]
    return setting.note


def test_carries_over_what_there_are_settings_for(project):
    assert settings(project.translate()) == {
        "data.path": "data",
        "data.reader": "tfrecord",
        "data.label_map": "data/label_map.pbtxt",
        "model.preset": "mobilenet_v2_320",
        "model.input_size": 320,
        "train.batch_size": 16,
        "train.float_steps": 1500,
        "train.qat_steps": 500,
        "train.learning_rate": 0.002,
        "augment.horizontal_flip": 0.0,
        "export.max_detections": 50,
        "export.score_threshold": 0.3,
        "export.iou_threshold": 0.6,
        "evaluate.pictures": 7,
    }


def test_each_setting_knows_its_lines(project):
    translation = project.translate()
    lines = {setting.key: [leaf.line for leaf in setting.leaves] for setting in translation.carried}
    assert lines["data.path"] == [18, 23] and lines["train.batch_size"] == [12]


def test_every_field_of_the_file_is_accounted_for_once(project):
    translation = project.translate(replace={"batch_size: 16": "batch_size: 16 batch_size: 8 unheard_of { of: 'x' }"})
    fields = [leaf.path for setting in translation.carried for leaf in setting.leaves]
    fields = list(dict.fromkeys(fields)) + [settled.leaf.path for settled in (*translation.same, *translation.left)]
    assert len(fields) == 21 and fields.count("train_config.batch_size") == 2
    assert why(translation, "unheard_of.of") == "there is no such setting"
    assert why(translation, "batch_size") == "it's given a second time; line 12 holds"


@pytest.mark.parametrize(
    ("kind", "more", "size", "preset"),
    [
        ("ssd_mobilenet_v1", "", 300, "mobilenet_v2_320"),
        ("ssd_mobilenet_v2_fpn_keras", "", 320, "mobilenet_v2_320"),
        ("ssd_mobilenet_v2", "", 256, "mobilenet_v2_256"),
        ("ssd_mobilenet_v2_fpn", "depth_multiplier: 0.75", 256, "mobilenet_v2_256"),
        ("embedded_ssd_mobilenet_v1", "depth_multiplier: 0.125", 256, "mobilenet_v2_035_192"),
        ("ssd_mobilenet_v3_large", "", 320, "mobilenet_v2_320"),
        ("ssd_mobilenet_v3_small", "", 320, "mobilenet_v2_035_192"),
        ("ssd_mobiledet_edgetpu", "", 320, "mobiledet_edgetpu_320"),
        ("ssd_mobiledet_cpu", "", 320, "mobiledet_edgetpu_320"),
        ("ssd_mobilenet_edgetpu", "", 320, "mobiledet_edgetpu_320"),
        ("ssd_efficientnet-b0_bifpn_keras", "", 512, "mobilenet_v2_320"),
    ],
)
def test_the_nearest_preset_is_chosen(project, kind, more, size, preset):
    text = SSD.format(EXTRACTOR.format(kind, more) + RESIZER.format(size, size))
    translation = project.translate(text)
    assert settings(translation)["model.preset"] == preset
    assert bool(note(translation, "model.preset")) == (kind not in _THE_SAME_BACKBONE)


_THE_SAME_BACKBONE = ("ssd_mobilenet_v2_fpn_keras", "ssd_mobilenet_v2", "ssd_mobilenet_v2_fpn", "ssd_mobiledet_edgetpu")


def test_an_input_that_was_rounded_says_why(project):
    translation = project.translate()
    assert note(translation, "model.input_size").startswith(
        "300 isn't a multiple of 64, the coarsest stride of the preset; 320 is the nearest; there images are stretched"
    )


def test_images_that_were_stretched_are_said_not_to_be(project):
    translation = project.translate(f"model {{ ssd {{ {RESIZER.format(320, 320)} }} }}")
    assert "there images are stretched" in note(translation, "model.input_size")


def test_an_oblong_input_becomes_a_square_of_the_longer_side(project):
    text = SSD.format(EXTRACTOR.format("ssd_mobilenet_v2", "") + RESIZER.format(360, 640))
    translation = project.translate(text)
    assert settings(translation)["model.input_size"] == 640
    assert "square of the longer side" in note(translation, "model.input_size")


@pytest.mark.parametrize(
    ("rewriter", "steps", "expected"),
    [
        ("", 2000, (2000, None)),
        ("graph_rewriter { quantization { delay: 500 } }", 2000, (500, 1500)),
        ("graph_rewriter { quantization { delay: 0 } }", 2000, (1739, 261)),
        ("graph_rewriter { quantization { delay: 9000 } }", 2000, (1739, 261)),
        ("graph_rewriter { quantization { } }", 2, (1, 1)),
        ("graph_rewriter { quantization { } }", 0, (None, None)),
    ],
)
def test_steps_are_divided_at_the_delay_of_quantization(project, rewriter, steps, expected):
    found = settings(project.translate(f"train_config {{ num_steps: {steps} }} {rewriter}"))
    assert (found.get("train.float_steps"), found.get("train.qat_steps")) == expected


def test_records_for_one_side_leave_the_division_to_coralline(project):
    translation = project.translate(replace={"data/val.record": "PATH_TO_BE_CONFIGURED"})
    assert settings(translation)["data.path"] == "data"
    assert "data.eval_fraction" in note(translation, "data.path")


def test_a_learning_rate_for_another_optimizer_is_left_out(project):
    rate = "learning_rate { cosine_decay_learning_rate { learning_rate_base: .8 warmup_steps: 9 } }"
    translation = project.translate(f"train_config {{ optimizer {{ momentum_optimizer {{ {rate} }} }} }}")
    assert "train.learning_rate" not in settings(translation)
    assert "wrong for Adam" in why(translation, "learning_rate_base")
    assert "cosine" in why(translation, "warmup_steps")


def augmented(project, *steps):
    """The translation of a training with these steps of augmentation, and the settings of `augment` in it."""
    text = "train_config { " + " ".join(f"data_augmentation_options {{ {step} }}" for step in steps) + " }"
    translation = project.translate(text)
    return translation, {setting.key.removeprefix("augment."): setting.value for setting in translation.carried}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("random_horizontal_flip {}", {"horizontal_flip": 0.5}),
        ("random_horizontal_flip { probability: 0.3 }", {"horizontal_flip": 0.3}),
        ("random_vertical_flip {}", {"vertical_flip": 0.5}),
        ("random_image_scale {}", {"scale": [0.5, 2.0]}),
        ("random_image_scale { min_scale_ratio: 0.7 }", {"scale": [0.7, 2.0]}),
        ("random_adjust_brightness {}", {"brightness": 0.2}),
        ("random_adjust_contrast {}", {"contrast": [0.8, 1.25]}),
        ("random_adjust_contrast { min_delta: 0.600000024 max_delta: 1.0 }", {"contrast": [0.6, 1.0]}),
        ("random_adjust_saturation {}", {"saturation": [0.8, 1.25]}),
        ("random_adjust_hue {}", {"hue": 0.02}),
        (
            "random_distort_color { color_ordering: 1 }",
            {"brightness": 0.1255, "contrast": [0.5, 1.5], "saturation": [0.5, 1.5], "hue": 0.2},
        ),
        ("ssd_random_crop {}", {"random_crop": 0.85}),
        ("ssd_random_crop { operations { random_coef: 0.2 } operations { random_coef: 0.4 } }", {"random_crop": 0.7}),
        ("ssd_random_crop_fixed_aspect_ratio {}", {"random_crop": 0.85}),
        ("random_crop_image { min_area: 0.5 }", {"random_crop": 1.0}),
        ("random_jpeg_quality { min_jpeg_quality: 40 max_jpeg_quality: 90 }", {"jpeg_quality": [40, 90]}),
        ("random_jpeg_quality {}", {"jpeg_quality": [1, 100]}),
        ("autoaugment_image {}", {"policy": "detection_v0"}),
        ("autoaugment_image { policy_name: 'v0' }", {"policy": "detection_v0"}),
    ],
)
def test_augmentation_is_carried_over(project, step, expected):
    _, found = augmented(project, step)
    assert found == {"horizontal_flip": 0.0} | expected


def test_without_a_step_that_flips_there_are_no_flips(project):
    translation, found = augmented(project, "random_vertical_flip {}")
    assert found["horizontal_flip"] == 0.0
    assert note(translation, "augment.horizontal_flip") == "no step of the file flips images"


@pytest.mark.parametrize(
    ("steps", "key", "told"),
    [
        (["random_image_scale {}"], "scale", "back to one size"),
        (["ssd_random_crop {}"], "random_crop", "a quarter is inside"),
        (["ssd_random_crop_pad {}"], "random_crop", "without padding"),
        (["random_crop_image { min_area: 0.3 }"], "random_crop", "a tenth of the image or more, there 0.3 or more"),
        (["random_jpeg_quality { random_coef: 0.8 }"], "jpeg_quality", "0.8 of the images stay as they are"),
        (["autoaugment_image { policy_name: 'v2' }"], "policy", "v2 adds operations"),
        (["random_distort_color {}"], "contrast", "there after saturation and hue, here before"),
        (["random_adjust_hue {}", "random_adjust_contrast {}"], "contrast", "there after hue, here before"),
        (["random_adjust_hue {}", "random_distort_color {}"], "brightness", "hue of this step gave way"),
    ],
)
def test_augmentation_that_is_only_nearly_the_same_says_how_it_differs(project, steps, key, told):
    translation, _ = augmented(project, *steps)
    assert told in note(translation, f"augment.{key}")


@pytest.mark.parametrize(
    ("steps", "field", "reason"),
    [
        (["random_black_patches {}"], "random_black_patches", "augment.policy"),
        (["random_self_concat_image {}"], "random_self_concat_image", "no such augmentation"),
        (["autoaugment_image { policy_name: 'mine' }"], "policy_name", "no such policy"),
        (["random_adjust_hue { max_delta: much }"], "max_delta", "isn't a number"),
        (["random_horizontal_flip { keypoint_flip_permutation: 1 probability: 0.5 }"], "permutation", "no keypoints"),
        (["ssd_random_crop {}", "random_crop_image {}"], "random_crop_image", "can be set once; line 1 holds"),
        (["ssd_random_crop { operations { min_area: 0.1 random_coef: 0 } }"], "min_area", "in one way"),
        (["random_crop_image { min_area: .75 }"], "min_area", "hold 0.75 of the image or more"),
    ],
)
def test_augmentation_that_is_not_here_is_left_out_with_a_reason(project, steps, field, reason):
    translation, _ = augmented(project, *steps)
    assert reason in why(translation, field)


def test_every_step_of_augmentation_is_accounted_for_once(project):
    steps = ["random_adjust_hue { max_delta: much }", "random_distort_color {}", "random_adjust_contrast {}"]
    steps += [
        "random_adjust_contrast {}",
        "ssd_random_crop { operations { min_area: 1 } }",
        "random_horizontal_flip {}",
    ]
    translation, _ = augmented(project, *steps)
    carried = {id(leaf) for setting in translation.carried for leaf in setting.leaves}
    left = [id(settled.leaf) for settled in (*translation.same, *translation.left)]
    assert len(carried) + len(left) == 6 and not carried & set(left)


def with_anchors(generator):
    """A configuration of an SSD whose input is that of mobilenet_v2_256."""
    inside = EXTRACTOR.format("ssd_mobilenet_v2", "") + RESIZER.format(256, 256)
    return SSD.format(f"{inside} anchor_generator {{ {generator} }}")


def test_levels_are_held_against_the_preset(project):
    translation = project.translate(with_anchors("multiscale_anchor_generator { min_level: 3 max_level: 6 }"))
    assert [settled.leaf.path.rpartition(".")[2] for settled in translation.same] == ["min_level", "num_classes"]
    assert why(translation, "max_level") == "it's part of the preset: mobilenet_v2_256 has 7"


def test_retinanet_s_anchors_are_carried_over_where_the_preset_has_others(project):
    anchors = "multiscale_anchor_generator { anchor_scale: 4 aspect_ratios: [1.0, 2.0, 0.5] scales_per_octave: 2 }"
    translation = project.translate(with_anchors(anchors))
    assert settings(translation)["model.anchor_size"] == 4.0 and settings(translation)["model.num_scales"] == 2
    same = [settled.leaf.path.rpartition(".")[2] for settled in translation.same]
    assert same == [*["aspect_ratios"] * 3, "num_classes"] and "model.aspect_ratios" not in settings(translation)


def test_retinanet_s_anchors_that_are_not_given_are_the_defaults_there(project):
    translation = project.translate(with_anchors("multiscale_anchor_generator { aspect_ratios: [1.0, 4.0] }"))
    found = settings(translation)
    assert (found["model.anchor_size"], found["model.num_scales"], found["model.aspect_ratios"]) == (4, 2, [1, 4])
    assert note(translation, "model.anchor_size") == "the default there" == note(translation, "model.num_scales")


@pytest.mark.parametrize(
    ("fields", "anchor_size", "num_scales"),
    [
        ("", 3.2, 2),
        ("num_layers: 6 min_scale: 0.2 max_scale: 0.95", 3.2, 2),
        ("reduce_boxes_in_lowest_layer: false", 6.4, 2),
        ("num_layers: 1 min_scale: 0.5 max_scale: 0.5 reduce_boxes_in_lowest_layer: false", 16, 1),
        ("scales: [0.05, 0.1, 0.2, 0.4] min_scale: 0.9", 1.6, 1),
        ("num_layers: 2000000000", 3.2, None),
    ],
)
def test_ssd_s_anchors_come_near_by_their_least_side_and_their_density(project, fields, anchor_size, num_scales):
    translation = project.translate(with_anchors(f"ssd_anchor_generator {{ aspect_ratios: [1, 3] {fields} }}"))
    found = settings(translation)
    assert (found["model.anchor_size"], found.get("model.num_scales")) == (anchor_size, num_scales)
    assert found["model.aspect_ratios"] == [1, 3]
    assert note(translation, "model.anchor_size").startswith("approximate: anchors grow by octaves here, from ")


def test_what_of_ssd_s_anchors_has_no_counterpart_is_left_out(project):
    fields = "aspect_ratios: [1.0, -2.0, 1.0, 0.33329999] interpolated_scale_aspect_ratio: 1 height_stride: [16, 32]"
    translation = project.translate(with_anchors(f"ssd_anchor_generator {{ {fields} }}"))
    assert settings(translation)["model.aspect_ratios"] == [1.0, 0.3333]
    assert why(translation, "aspect_ratios") == "it isn't a positive number"
    assert "same scales and aspect ratios at every level" in why(translation, "height_stride")
    assert "every level" in why(translation, "interpolated_scale_aspect_ratio")


@pytest.mark.parametrize(
    "generator",
    [
        "multiscale_anchor_generator { scales_per_octave: 4 aspect_ratios: [1, 2, 3, 4, 5] }",
        f"ssd_anchor_generator {{ aspect_ratios: {[ratio / 4 for ratio in range(1, 21)]} }}",
    ],
)
def test_more_anchors_than_a_cell_can_have_are_left_out(project, generator):
    translation = project.translate(with_anchors(generator))
    assert "model.aspect_ratios" not in settings(translation)
    assert "anchors in a cell; there can be 18" in why(translation, "aspect_ratios")


def test_every_field_of_an_anchor_generator_is_accounted_for_once(project):
    """Here the least side is the preset's and the density isn't."""
    fields = "scales: [0.09375, 0.2, 0.95] aspect_ratios: [1, 2, .5] reduce_boxes_in_lowest_layer: false"
    translation = project.translate(with_anchors(f"ssd_anchor_generator {{ {fields} }}"))
    carried = [leaf for setting in translation.carried for leaf in setting.leaves]
    accounted = [id(leaf) for leaf in dict.fromkeys(carried)]
    accounted += [id(settled.leaf) for settled in (*translation.same, *translation.left)]
    assert len(accounted) == len(set(accounted)) == 11 and settings(translation)["model.num_scales"] == 1
    assert "model.anchor_size" not in settings(translation)


@pytest.mark.parametrize("kind", ["faster_rcnn", "center_net", "experimental_model"])
def test_of_another_kind_of_detector_the_rest_is_carried_over(project, kind):
    translation = project.translate(
        f"model {{ {kind} {{ num_classes: 2 image_resizer {{ x: 1 }} }} }} train_config {{ batch_size: 4 }}"
    )
    assert settings(translation) == {"train.batch_size": 4, "augment.horizontal_flip": 0.0}
    assert "no SSD" in why(translation, "image_resizer.x")
    [check] = [check for check in translation.checks if check.name == "architecture"]
    assert check.ok is False and f"`{kind}` isn't an SSD" in check.message


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("batch_size: 16", "batch_size: many", "batch_size", "isn't a whole number"),
        ("batch_size: 16", "batch_size: 0", "batch_size", "isn't a whole number"),
        ("batch_size: 16", "batch_size { }", "batch_size", "isn't a whole number"),
        ("0.300000011921", "nan", "score_threshold", "isn't a number"),
        ('"ssd_mobilenet_v2"', "3", "type", "isn't a text"),
        ('"ssd_mobilenet_v2"', "''", "type", "empty"),
    ],
)
def test_a_value_of_another_kind_is_left_out(project, old, new, field, reason):
    assert reason in why(project.translate(replace={old: new}), field)


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"", None, "is empty"),
        (b"# nothing\n", None, "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", None, "isn't a text file"),
        (b"model { \xff }", None, "isn't a text file"),
        (b"#" * ((1 << 20) + 1), None, "too large"),
        (b"item { id: 1 name: 'a' }", 1, "isn't a pipeline.config"),
        (b"\n\nmodel {\n", 3, "isn't closed"),
        (b"train:\n  float_steps: 3\n", 2, "no field here"),
        (b'{"model": 1}', 1, "no field here"),
    ],
)
def test_what_is_no_configuration_is_told_in_one_message(tmp_path, content, line, told):
    (tmp_path / "p.config").write_bytes(content)
    with pytest.raises(UserError, match=re.escape(told)) as caught:
        translate(str(tmp_path / "p.config"))
    assert caught.value.line == line and caught.value.fix


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(tmp_path):
    (tmp_path / "p.config").write_bytes(b"\xef\xbb\xbftrain_config {\r\n  batch_size: 4\r\n}\r\n")
    assert settings(translate(str(tmp_path / "p.config")))["train.batch_size"] == 4
