"""The fields without a setting here: the same anyway, or left out and why.

Fields are those of object_detection/protos/*.proto; our side is the same for every preset.
"""

from __future__ import annotations

from coralline.foundation.text_proto import ScalarField

_HEAD = "model.ssd.box_predictor.{}convolutional_box_predictor."
_FOCAL = "model.ssd.loss.classification_loss.weighted_sigmoid_focal."
_MATCHER = "model.ssd.matcher.argmax_matcher."
_STEP = "train_config.data_augmentation_options."
_CROPS = (
    "ssd_random_crop", "ssd_random_crop_fixed_aspect_ratio", "ssd_random_crop_pad",
    "ssd_random_crop_pad_fixed_aspect_ratio", "random_crop_image", "random_crop_pad_image",
)  # fmt: skip
_ACTIVATION = "conv_hyperparams.activation"

# The value with which it's the same here (None: any, or an empty block), and how it is here.
_Same = tuple[str | float | bool | None, str]
_SAME_IN_A_HEAD: dict[str, _Same] = {
    _ACTIVATION: ("RELU_6", "the activation is ReLU6"),
    "conv_hyperparams.batch_norm.decay": (0.97, "batch norm has this decay"),
    "conv_hyperparams.batch_norm.epsilon": (0.001, "batch norm has this epsilon"),
    "use_depthwise": (True, "convolutions of the head are separable"),
    "kernel_size": (3, "kernels of the head are 3x3"),
}
_SAME: dict[str, _Same] = {
    "model.ssd.encode_background_as_zeros": (True, "background is an all-zeros target"),
    "model.ssd.similarity_calculator.iou_similarity": (None, "anchors are matched by IoU"),
    "model.ssd.post_processing.score_converter": ("SIGMOID", "scores are sigmoids"),
    "model.ssd.post_processing.batch_non_max_suppression.use_static_shapes": (True, "shapes are static"),
    "model.ssd.normalize_loss_by_num_matches": (True, "the loss is divided by the number of matches"),
    f"model.ssd.feature_extractor.{_ACTIVATION}": ("RELU_6", "the activation is ReLU6"),
    "model.ssd.feature_extractor.conv_hyperparams.batch_norm.decay": (0.97, "batch norm has this decay"),
    "model.ssd.feature_extractor.conv_hyperparams.batch_norm.epsilon": (0.001, "batch norm has this epsilon"),
    "model.ssd.feature_extractor.use_depthwise": (True, "convolutions beyond the backbone are separable"),
    **{_HEAD.format(kind) + field: same for kind in ("", "weight_shared_") for field, same in _SAME_IN_A_HEAD.items()},
    f"{_MATCHER}matched_threshold": (0.5, "anchors match at this IoU"),
    f"{_MATCHER}unmatched_threshold": (0.5, "anchors below this IoU are background"),
    f"{_MATCHER}ignore_thresholds": (False, "thresholds count"),
    f"{_MATCHER}force_match_for_each_row": (True, "each object has an anchor"),
    f"{_FOCAL}alpha": (0.25, "the focal loss has this alpha"),
    f"{_FOCAL}gamma": (1.5, "the focal loss has this gamma"),
    "train_config.optimizer.use_moving_average": (False, "weights are used without a moving average"),
    "train_config.gradient_clipping_by_norm": (10, "gradients are clipped to this norm"),
    "train_config.max_number_of_boxes": (None, "every box of an image counts"),
    "train_input_reader.max_number_of_boxes": (None, "every box of an image counts"),
    "train_input_reader.shuffle": (True, "training images are shuffled"),
    "eval_input_reader.max_number_of_boxes": (None, "every box of an image counts"),
    "eval_input_reader.shuffle": (False, "images are evaluated in their order"),
    "eval_input_reader.num_epochs": (1, "each image is evaluated once"),
    "eval_config.metrics_set": ("coco_detection_metrics", "figures are COCO's"),
    "eval_config.visualize_groundtruth_boxes": (True, "pictures show the ground truth too"),
    "eval_config.include_metrics_per_category": (True, "the report has figures of each class"),
    "graph_rewriter.quantization.weight_bits": (8, "weights are 8-bit"),
    "graph_rewriter.quantization.activation_bits": (8, "activations are 8-bit"),
}

_MANY_MACHINES = "it's about training on several machines with TF1 or TPUs"
_READING = "how records are read and buffered is chosen by Coralline"
_OTHER_READER = "it's a reader of another program; records are TFRecord files here"
_CROPPING = "windows are chosen in one way, augment.random_crop, and scaled with their aspect kept"
_NORMALIZED = "pixels are normalized as the quantized input wants it"
_OTHER_DETECTOR = "it's no SSD: nothing of its architecture has a counterpart here"

# What a part of the file is here instead; of several that fit a field, the longest holds.
_LEFT_OUT: dict[str, str] = {
    "model": _OTHER_DETECTOR,
    "model.ssd": "it's part of the preset",
    "model.ssd.image_resizer": "images are scaled, their aspect kept, onto a square input of one size",
    "model.ssd.feature_extractor": "layers of the backbone and of the feature pyramid are part of the preset",
    "model.ssd.feature_extractor.conv_hyperparams": "regularization, initial weights and batch norm are part of the "
    "preset",
    "model.ssd.box_predictor": "the head is part of the preset: separable convolutions, shared by all levels",
    "model.ssd.box_coder": "boxes are encoded as Model Garden's RetinaNet does, with scales of 1",
    "model.ssd.matcher": "anchors are matched as Model Garden's RetinaNet does",
    "model.ssd.similarity_calculator": "anchors are matched by IoU",
    "model.ssd.anchor_generator": "anchors are RetinaNet's: of one base size in strides, with the same scales and "
    "aspect ratios at every level, in the middle of each cell",
    "model.ssd.loss": "the loss is RetinaNet's: focal (alpha 0.25, gamma 1.5) for classes, Huber for boxes",
    "model.ssd.loss.hard_example_miner": "the focal loss takes the place of choosing hard examples",
    "model.ssd.post_processing": "the model ends in TFLite_Detection_PostProcess, as Edge TPU programs expect it",
    "model.ssd.post_processing.batch_non_max_suppression.max_detections_per_class": "there is one limit for all "
    "classes together, export.max_detections",
    "model.ssd.mask_head_config": "there are no masks",
    "train_config": "there is no such setting",
    "train_config.data_augmentation_options": "there is no such augmentation; those that are here: augment",
    **{f"{_STEP}{step}": _CROPPING for step in _CROPS},
    f"{_STEP}random_horizontal_flip": "images have no keypoints",
    f"{_STEP}random_vertical_flip": "images have no keypoints",
    f"{_STEP}random_distort_color": "brightness, contrast, saturation and hue change in this order",
    f"{_STEP}random_pad_image": "images get smaller, on black, with augment.scale below 1",
    f"{_STEP}random_black_patches": "augment.policy, which cuts out patches among other operations, comes nearest",
    f"{_STEP}random_patch_gaussian": "there is no noise among the augmentations",
    f"{_STEP}random_rotation90": "images aren't turned by a quarter; augment.policy turns them by up to 30 degrees",
    f"{_STEP}random_rgb_to_gray": "augment.saturation, from 0, comes nearest",
    f"{_STEP}normalize_image": _NORMALIZED,
    f"{_STEP}subtract_channel_mean": _NORMALIZED,
    f"{_STEP}resize_image": "images are scaled, their aspect kept, onto the input",
    f"{_STEP}random_resize_method": "images are scaled, their aspect kept, onto the input",
    "train_config.optimizer": "the optimizer is Adam; its rate rises over a tenth of a phase's steps, then falls along "
    "a cosine to zero at the last",
    "train_config.optimizer.use_moving_average": "weights are used without a moving average",
    "train_config.optimizer.moving_average_decay": "weights are used without a moving average",
    "train_config.gradient_clipping_by_norm": "gradients are clipped to a norm of 10",
    "train_config.sync_replicas": _MANY_MACHINES,
    "train_config.replicas_to_aggregate": _MANY_MACHINES,
    "train_config.startup_delay_steps": _MANY_MACHINES,
    "train_config.unpad_groundtruth_tensors": _MANY_MACHINES,
    "train_config.use_bfloat16": "training is in float32",
    "train_config.from_detection_checkpoint": "it says what the checkpoint is, which isn't carried over",
    "train_config.fine_tune_checkpoint_type": "it says what the checkpoint is, which isn't carried over",
    "train_config.fine_tune_checkpoint_version": "it says what the checkpoint is, which isn't carried over",
    "train_config.load_all_detection_checkpoint_vars": "it says what the checkpoint is, which isn't carried over",
    "train_config.freeze_variables": "all weights are trained",
    "train_config.update_trainable_variables": "all weights are trained",
    "train_config.keep_checkpoint_every_n_hours": "checkpoints are written by steps, train.checkpoint_every",
    "train_config.batch_queue_capacity": _READING,
    "train_config.num_batch_queue_threads": _READING,
    "train_config.prefetch_queue_capacity": _READING,
    "train_input_reader": _READING,
    "train_input_reader.external_input_reader": _OTHER_READER,
    "eval_input_reader.external_input_reader": _OTHER_READER,
    "eval_input_reader": _READING,
    "eval_config": "there is no such setting: evaluation writes figures, pictures and a verdict of its own",
    "eval_config.num_examples": "every image of the eval split is evaluated",
    "eval_config.max_evals": "the finished model is evaluated, once",
    "eval_config.eval_interval_secs": "the finished model is evaluated, once",
    "eval_config.visualization_export_dir": "pictures are in the report of a run",
    "eval_config.metrics_set": "figures are COCO's",
    "graph_rewriter": "quantization is always 8-bit, symmetric for weights, from the ranges of calibration images",
    "graph_rewriter.quantization.delay": "quantization-aware training follows the float phase",
}
_UNKNOWN = "this part of the file has no counterpart"


def the_same(path: str, value: ScalarField | None) -> str | None:
    """How it is here, if the field says the same; else None."""
    if path not in _SAME:
        return None
    wanted, how = _SAME[path]
    if wanted is None or value is None:
        return how if wanted is None else None
    if isinstance(wanted, str):
        return how if value.text == wanted else None
    if isinstance(wanted, bool):
        return how if value.flag() is wanted else None
    number = value.number()
    return how if number is not None and float(f"{number:.7g}") == wanted else None


def left_out(path: str) -> tuple[str, str]:
    """Why the field isn't carried over, and the part of the file that this applies to."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        block = ".".join(parts[:end])
        if block in _LEFT_OUT:
            return _LEFT_OUT[block], block
    return _UNKNOWN, path
