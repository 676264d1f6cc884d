"""The one typed configuration: every setting, its default and the reason for it.

Written as YAML. An unknown key is an error that names the nearest valid one. Each component receives its own part
only, as exec properties, so that a changed setting re-runs just what depends on it.
"""

from __future__ import annotations

import difflib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from coralline.data.judging.policies import FAULTS
from coralline.data.reading.options import ReaderName
from coralline.detector import presets
from coralline.detector.inputs import augmentation
from coralline.foundation.errors import UserError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _DataConfig(_Section):
    path: str = Field("", description="Folder of annotated images.")
    reader: ReaderName = Field("auto", description="The kind of annotations; auto: found out by looking.")
    label_map: str | None = Field(
        None, description="A label_map.pbtxt; else derived: the sorted class names of the data."
    )
    eval_fraction: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of images for evaluation where nothing else decides; by hash of the name.",
    )
    group_pattern: str | None = Field(
        None,
        description="Regular expression on an image's path whose first group names what stays on one side, such as "
        "the frames of a video: `^(.*)_frame`.",
    )
    train_list: str | None = Field(None, description="A text file with the images that train, one name a line.")
    eval_list: str | None = Field(None, description="Likewise those that evaluate; one list alone leaves the rest.")
    max_left_out: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of images or boxes that faults may rule out (beyond 20 of them) before the run stops.",
    )


def _policy_fields() -> dict[str, Any]:
    """A setting `on_<kind>` for each fault that leaves a choice, from the one table of them."""
    return {
        f"on_{fault.kind}": (Literal[fault.allowed], Field(fault.default, description=fault.what))
        for fault in FAULTS.values()
        if len(fault.allowed) > 1
    }


DataConfig: type[_DataConfig] = pydantic.create_model(  # type: ignore[call-overload]
    "DataConfig", __base__=_DataConfig, __module__=__name__, **_policy_fields()
)


class ModelConfig(_Section):
    preset: str = Field(
        presets.DEFAULT,
        description="Architecture, input size and training schedule; docs/configuration.md lists them.",
    )
    input_size: int | None = Field(
        None,
        ge=64,
        le=1280,
        description="Height and width of the input in pixels, a multiple of the preset's coarsest stride; None: the "
        "preset's.",
    )
    anchor_size: float | None = Field(
        None,
        ge=0.25,
        le=16,
        description="Side of the smallest anchor of a feature level, in strides of that level; None: the preset's. "
        "`coralline check` says which anchors fit the data where the preset's don't.",
    )
    num_scales: int | None = Field(
        None, ge=1, description="Sizes of anchors in an octave, from one level to the next; None: the preset's."
    )
    aspect_ratios: list[Annotated[float, Field(ge=0.05, le=20)]] | None = Field(
        None,
        min_length=1,
        description="Shapes of anchors, width over height, such as `[0.5, 1.0, 2.0]`; times `num_scales`, at most 18 "
        "anchors in a cell; None: the preset's.",
    )
    fit_anchors: bool = Field(
        True,
        description="Whether anchors are fitted to the training boxes where the preset's match too few of them and "
        "none of the three settings above is given.",
    )
    warm_start: str | None = Field(
        None,
        description="Weights to begin with: a .tflite file, a Keras .h5, .keras or SavedModel, or a Model Garden "
        "checkpoint of the same backbone; an earlier model (its output folder, or one of a published version); a URL "
        "of such a file; or `latest_blessed`: the model that is published when training begins.",
    )
    warm_start_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 that the file of `warm_start` must have; a URL needs it.",
    )


class TrainConfig(_Section):
    """None means: what the preset says."""

    float_steps: int | None = Field(
        None,
        ge=1,
        description="Steps of the float phase. Where it isn't set, there are more than the preset's for more data: as "
        "many as its epochs take, up to its most.",
    )
    qat_steps: int | None = Field(None, ge=1, description="Steps of the quantization-aware phase.")
    batch_size: int | None = Field(None, ge=1, description="Images a step.")
    learning_rate: float | None = Field(None, gt=0, description="Peak learning rate of the float phase (Adam, cosine).")
    qat_learning_rate: float | None = Field(
        None, gt=0, description="Peak learning rate of the quantization-aware phase."
    )
    checkpoint_every: int = Field(100, ge=1, description="Steps between checkpoints: what a kill can cost at most.")
    evaluate_every: int | None = Field(
        None,
        ge=1,
        description="Steps between two evaluations on images of the eval split; the best checkpoint by their AP (the "
        "last of those that it can't tell apart) is what is exported. None: ten in the float phase, five in the other.",
    )
    evaluate_images: int = Field(
        200, ge=1, description="Images of the eval split, evenly chosen, that these evaluations look at."
    )
    early_stop: int | None = Field(
        None, ge=1, description="Evaluations without a better AP after which a phase is done early; None: never."
    )
    ema_decay: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Decay of an exponential moving average of the weights, which is then what is evaluated and "
        "exported (.99 to .999 for some thousand steps); None: the weights themselves.",
    )
    mixed_precision: Literal["bfloat16", "float16"] | None = Field(
        None,
        description="What the float phase computes in beside float32, for GPUs: bfloat16 from compute capability 8 on, "
        "float16 (with loss scaling) on older ones. The quantization-aware phase is float32.",
    )
    xla: bool = Field(False, description="Whether XLA fuses what it can of a training step, for GPUs.")
    seed: int = Field(1, description="Seed of weights, shuffling and augmentation.")


# The least and the greatest that an end of a range may be.
_RANGES: dict[str, tuple[float, float]] = {
    "scale": (0.2, 4),
    "contrast": (0, 10),
    "saturation": (0, 10),
    "jpeg_quality": (1, 100),
}


class AugmentConfig(_Section):
    """What is done at random to training images; a range is `[least, greatest]`."""

    horizontal_flip: float = Field(
        0.5, ge=0, le=1, strict=True, description="Share of the images that are flipped, left to right."
    )
    vertical_flip: float = Field(0.0, ge=0, le=1, strict=True, description="Share that is flipped, top to bottom.")
    scale: augmentation.Range | None = Field(
        None, description="Range of the zoom, from 0.2 to 4; above 1, a part fills the input. None: the preset's."
    )
    random_crop: float = Field(
        0.0,
        ge=0,
        le=1,
        strict=True,
        description="Share of the images of which a part is cut out: a tenth of the area or more, with .3 or more of "
        "an object. A box of which less than a quarter is inside is left out.",
    )
    brightness: float = Field(
        0.0,
        ge=0,
        le=1,
        strict=True,
        description="Most that is added to pixels, or taken away; 1 is from black to white.",
    )
    contrast: augmentation.Range | None = Field(
        None, description="Range of the factor for a pixel's distance from its channel's mean, such as [0.8, 1.25]."
    )
    saturation: augmentation.Range | None = Field(None, description="Range of the factor for the saturation.")
    hue: float = Field(
        0.0, ge=0, le=0.5, strict=True, description="Most that hues are turned by; 0.5 is to the opposite colour."
    )
    jpeg_quality: tuple[int, int] | None = Field(
        None, description="Range of the quality, from 1 to 100, with which images are compressed once more."
    )
    policy: augmentation.Policy | None = Field(
        None,
        description="A policy of Model Garden, before everything else: `randaugment` (two operations of sixteen, such "
        "as turning, shearing or equalizing), `detection_v0` (AutoAugment's for detection), `panoptic_deeplab_policy` "
        "(pixel values only).",
    )
    magnitude: float | None = Field(
        None,
        ge=0,
        le=10,
        description="Of `randaugment`, on Model Garden's scale: at 5 colours stay, at 0 they fade; None: its 10.",
    )

    @pydantic.field_validator(*_RANGES, mode="before")
    @classmethod
    def _least_first(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """One message for all that can be wrong with a range."""
        least, greatest = _RANGES[str(info.field_name)]
        kinds, numbers = ((int,), "whole numbers") if info.field_name == "jpeg_quality" else ((int, float), "numbers")
        ends: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
        numeric = len(ends) == 2 and all(type(end) in kinds for end in ends)
        if value is None or (numeric and all(low <= high for low, high in pairwise([least, *ends, greatest]))):
            return value
        raise PydanticCustomError("range", f"two {numbers} from {least} to {greatest}, the lesser first")

    @pydantic.field_validator("magnitude")
    @classmethod
    def _of_randaugment(cls, value: float | None, info: pydantic.ValidationInfo) -> float | None:
        if value is not None and info.data.get("policy") != "randaugment":
            raise PydanticCustomError("magnitude", "no magnitude: only augment.policy: randaugment has one")
        return value


class ExportConfig(_Section):
    max_detections: int | None = Field(
        None, ge=1, le=1000, description="Detections in the output; None: chosen from the data's fullest image."
    )
    score_threshold: float = Field(
        0.01, ge=0, lt=1, description="Scores below it are dropped inside the model (figures need the tail)."
    )
    iou_threshold: float = Field(
        0.5, gt=0, le=1, description="Overlap above which non-maximum suppression drops the weaker box."
    )


class EvaluateConfig(_Section):
    """A model is blessed when the int8 file passes every threshold; None switches one off."""

    min_ap50: float | None = Field(0.3, ge=0, le=1, description="Least AP at IoU 0.5 of the int8 file.")
    min_ap: float | None = Field(None, ge=0, le=1, description="Least AP (COCO, IoU .50:.95) of the int8 file.")
    max_loss_to_float: float | None = Field(
        0.05, ge=0, le=1, description="Most AP that the int8 file may lose against the float model."
    )
    max_loss_to_baseline: float | None = Field(
        0.01, ge=0, le=1, description="Most AP to lose against the last blessed model, on the same images."
    )
    explain_loss_above: float = Field(
        0.005,
        ge=0,
        le=1,
        description="AP lost against the float or the quantization-aware model above which the report names layers.",
    )
    pictures: int = Field(24, ge=0, description="Pictures with boxes in the report.")


class EdgeTpuConfig(_Section):
    compiler: Literal["auto", "required", "off"] = Field(
        "auto", description="auto: compile when edgetpu_compiler is there."
    )
    compiler_path: str | None = Field(None, description="The edgetpu_compiler to use; else the one on PATH.")
    timeout_s: int = Field(600, ge=1, description="Time limit of the compiler.")
    min_mapped: float = Field(
        0.9, ge=0, le=1, description="Least share of ops on the Edge TPU for a model to be pushed."
    )
    max_subgraphs: int = Field(1, ge=1, description="Most Edge TPU subgraphs for a model to be pushed.")

    @pydantic.field_validator("compiler", mode="before")
    @classmethod
    def _off_is_not_false(cls, value: Any) -> Any:
        """YAML 1.1 reads a bare `off` as false."""
        return "off" if value is False else value


class PushConfig(_Section):
    to: str | None = Field(
        None, description="Where models are published (a folder or a tf.io.gfile address); else OUT/published."
    )


class DeploymentConfig(_Section):
    """For pipelines that run on a cluster."""

    image: str = Field(
        "coralline:latest", min_length=1, description="The one image of all steps, built from the Dockerfile."
    )
    pipeline_root: str = Field(
        "/mnt/coralline",
        min_length=1,
        description="Where the steps write: a folder mounted into each, or an address such as gs://bucket/coralline.",
    )


class Config(_Section):
    """The whole configuration; each section goes to the component of that name."""

    name: str = Field(
        "coralline",
        pattern=r"^[a-z][a-z0-9-]{0,62}$",
        description="The pipeline's name in ML Metadata and on a cluster.",
    )
    data: DataConfig = DataConfig()  # type: ignore[valid-type]
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    augment: AugmentConfig = AugmentConfig()
    export: ExportConfig = ExportConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    edgetpu: EdgeTpuConfig = EdgeTpuConfig()
    push: PushConfig = PushConfig()
    deployment: DeploymentConfig = DeploymentConfig()
    out: str = Field("coralline-out", description="Where artifacts, metadata, logs and published models go.")


def load_config(path: str | Path | None = None, overrides: dict[str, Any] | None = None) -> Config:
    """The configuration from a YAML file (or the defaults), with dotted overrides (`{"train.seed": 3}`) applied.

    Raises:
      UserError: the file can't be read or parsed, or a key or value isn't valid; with file and line.
    """
    text = ""
    if path is not None:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as e:
            raise UserError(
                "can't read the configuration",
                file=path,
                found=getattr(e, "strerror", None) or str(e),
                fix="give the path of a YAML file",
            ) from e
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        raise UserError(
            "the configuration is not valid YAML",
            file=path,
            line=mark.line + 1 if mark else None,
            found=str(getattr(e, "problem", e)),
            fix="check indentation and colons at that line",
        ) from e
    if not isinstance(values, dict):
        raise UserError(
            "the configuration must be a mapping",
            file=path,
            expected="keys such as `data:` and `model:`",
            found=type(values).__name__,
        )
    # A section whose lines are all commented out is None in YAML.
    values = {key: value for key, value in values.items() if value is not None}
    for key, value in (overrides or {}).items():
        _set(values, key, value)
    try:
        return Config.model_validate(values)
    except pydantic.ValidationError as e:
        first = e.errors()[0]
        where = [part for part in first["loc"] if isinstance(part, str)]  # a number is a place in a list
        if any(_concerns(key, ".".join(where)) for key in overrides or {}):
            path, text = None, ""
        raise _explain(first, where, path, _line_of(text, where)) from e


def _set(values: dict[str, Any], dotted: str, value: Any) -> None:
    *sections, last = dotted.split(".")
    for section in sections:
        inner = values.get(section)
        if not isinstance(inner, dict):
            inner = values[section] = {}
        values = inner
    values[last] = value


def _concerns(override: str, dotted: str) -> bool:
    """Whether a key that is wrong was given by an override, or made by one."""
    return f"{override}.".startswith(f"{dotted}.") or f"{dotted}.".startswith(f"{override}.")


def _explain(error: Any, where: list[str], path: str | Path | None, line: int | None) -> UserError:
    """One of pydantic's errors, about the key at `where`, as a person reads it."""
    dotted, known = ".".join(where), valid_keys()
    if error["type"] == "extra_forbidden":
        section = "".join(f"{part}." for part in where[:-1])
        beside = [key for key in known if key.rpartition(".")[0] == section.rstrip(".")]
        names = [key[len(section) :] for key in beside]
        near = [
            *(section + name for name in difflib.get_close_matches(where[-1], names, n=1)),
            *(key for key in known if key.endswith(f".{where[-1]}")),
            *difflib.get_close_matches(dotted, known, n=1, cutoff=0.75),
        ]
        return UserError(
            f"unknown key `{dotted}` in the configuration",
            file=path,
            line=line,
            expected=f"a key such as `{near[0]}`" if near else "one of " + ", ".join(beside),
            found=dotted,
            fix=f"did you mean `{near[0]}`?" if near else "remove it",
        )
    below = [key for key in known if key.startswith(f"{dotted}.")]
    return UserError(
        f"`{dotted}` has a value that isn't valid" if dotted else "the configuration isn't valid",
        file=path,
        line=line,
        expected=f"one of {', '.join(below)}" if error["type"] == "model_type" else error["msg"],
        found=repr(error["input"]),
        fix=f"correct `{dotted}`",
    )


def _line_of(text: str, where: list[str]) -> int | None:
    """The line (from 1) of a nested key in YAML text."""
    node: Any = yaml.compose(text) if text else None
    line = None
    for part in where:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == part:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line


def valid_keys() -> list[str]:
    """Every dotted key, sorted."""
    keys = []
    for name, field in Config.model_fields.items():
        keys.append(name)
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += [f"{name}.{k}" for k in inner.model_fields]
    return sorted(keys)
