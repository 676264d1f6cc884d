"""The names under which Coralline records what flowed into a run and what came of it, in whichever store.

Each is a `RecordedName`: the property's name, which says what it holds. `python -m pipeline.lineage_reference` writes
them into docs/lineage-records.md. What is one of `JSON` is read with `recorded_value`.

Nothing that is recorded is part of a cache key: properties of runs and executions never are, and those of artifacts are
written once, with the artifact. (TFX hashes a step's input artifacts whole: one that was changed afterwards would make
every step behind it run again.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

RECORD_FORMAT = 2
"""Which of the names here are written: those with `since` up to it. What a run doesn't say was written by format 1."""

RUN, EXECUTION = "run", "execution"
"""What has properties beside artifacts: the context of a run, and a step's execution."""

EXAMPLES, BLESSING, PUSHED_MODEL = "Examples", "ModelBlessing", "PushedModel"
MODEL, MODEL_RUN = "Model", "ModelRun"
"""TFX's types of artifacts."""

WARM_START, SERVED_MODEL = "components.WarmStart", "components.ServedModel"
TFLITE_MODEL, EVALUATION_REPORT = "components.TFLiteModel", "components.EvaluationReport"
LABEL_MAP, DATASET_REPORT = "components.LabelMap", "components.DatasetReport"
"""Types of our own."""

OWN_ARTIFACTS = (
    *(EXAMPLES, LABEL_MAP, DATASET_REPORT, WARM_START, MODEL, MODEL_RUN, TFLITE_MODEL, SERVED_MODEL),
    *("ModelEvaluation", BLESSING, EVALUATION_REPORT, PUSHED_MODEL),
)
"""What components of our own make; StatisticsGen, SchemaGen and ExampleValidator are TFX's."""
EVERY_ARTIFACT = "every artifact of a step on Kubeflow"
"""TFX's own components included: there, runs and executions have no properties of ours."""

TEXT, WHOLE, NUMBER, FLAG, JSON = "text", "whole number", "number", "1 or 0", "JSON"


class RecordedName(str):
    """A property's name, as it stands in the store, with what it says.

    Attributes:
      meaning: what it says, the values it has, and when it's absent.
      on: where it stands: `RUN`, `EXECUTION`, types of artifacts, or `EVERY_ARTIFACT`.
      kind: `TEXT`, `WHOLE`, `NUMBER`, `FLAG` or `JSON`.
      unit: of a number; else empty.
      since: the first `RECORD_FORMAT` that has it.
    """

    meaning: str
    on: tuple[str, ...]
    kind: str
    unit: str
    since: int

    def __new__(
        cls, name: str, *on: str, says: str, kind: str = TEXT, unit: str = "", since: int = RECORD_FORMAT
    ) -> RecordedName:
        made = super().__new__(cls, name)
        made.meaning, made.on, made.kind, made.unit, made.since = says, on, kind, unit, since
        return made

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """A copy, such as a key of what `dataclasses.asdict` gives, is a plain text."""
        return str, (str(self),)


def recorded_value(properties: Mapping[str, Any], name: RecordedName) -> Any:
    """What a run, an execution or an artifact says under a name, JSON decoded; None if it doesn't, or not as it should.

    Args:
      properties: of a `Run`, an `Artifact`, or the `details` of an `Execution`.
      name: one of those here.
    """
    value = properties.get(name)
    if name.kind != JSON or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


# The code. On a run here; on what a step has made, here and on a cluster.
_CODE_ON = (RUN, *OWN_ARTIFACTS, EVERY_ARTIFACT)
CORALLINE_VERSION = RecordedName("coralline_version", *_CODE_ON, since=1, says="the installed release of Coralline")
GIT_COMMIT = RecordedName(
    "git_commit",
    *_CODE_ON,
    since=1,
    says="the commit of the checkout, or the one that the image was built from; `+changes` follows if `git_dirty` is "
    "`yes`; `unknown` without git, as in a wheel",
)
GIT_DIRTY = RecordedName(
    "git_dirty",
    *_CODE_ON,
    says="`yes`: a tracked file of the checkout differs from the commit, or there is an untracked Python file beside "
    "the code; `no`; `unknown` where there is no checkout",
)
CODE_FROM = RecordedName("code_from", *_CODE_ON, says="where the code was run from: `checkout`, `image` or `wheel`")
CODE_SHA256 = RecordedName(
    "code_sha256",
    *_CODE_ON,
    says="SHA-256 over names and contents of the code's own files (`.py` and templates), the same for a checkout, an "
    "image and a wheel of the same code: what tells two dirty checkouts apart",
)
LOCK_SHA256 = RecordedName("lock_sha256", *_CODE_ON, since=1, says="SHA-256 of requirements.lock; `unknown` in a wheel")
CODE_VERSION: tuple[str, ...] = (CORALLINE_VERSION, GIT_COMMIT, GIT_DIRTY, CODE_FROM, CODE_SHA256, LOCK_SHA256)
"""Properties of runs and artifacts: the code that made them."""

# Machine and libraries.
_MACHINE_ON = (RUN, EVERY_ARTIFACT)
RECORD_FORMAT_NAME = RecordedName(
    "record_format", *_MACHINE_ON, kind=WHOLE, says="which names were known to what recorded this; absent: 1"
)
HOST_NAME = RecordedName("host_name", *_MACHINE_ON, says="the machine's name; on a cluster the pod's")
HOST_SYSTEM = RecordedName("host_system", *_MACHINE_ON, says="operating system, kernel and architecture")
HOST_CPU = RecordedName("host_cpu", *_MACHINE_ON, says="the processor's name")
HOST_CPU_CORES = RecordedName(
    "host_cpu_cores", *_MACHINE_ON, kind=WHOLE, says="how many of its cores this process may use"
)
HOST_MEMORY_BYTES = RecordedName(
    "host_memory_bytes",
    *_MACHINE_ON,
    kind=WHOLE,
    unit="bytes",
    says="the machine's memory, or the container's limit if that is less",
)
HOST_GPUS = RecordedName("host_gpus", *_MACHINE_ON, says="names of NVIDIA's GPUs; absent without one")
LIBRARY_VERSIONS = RecordedName(
    "library_versions", *_MACHINE_ON, kind=JSON, says="`python` and the libraries that make a model, by name"
)

# How a run was started, and how it ended.
COMMAND_LINE = RecordedName(
    "command_line", RUN, says="as it was typed, quoted for a shell; `***` for passwords and signatures of addresses"
)
WORKING_FOLDER = RecordedName("working_folder", RUN, says="the folder that it was typed in")
CONFIG_FILE = RecordedName("config_file", RUN, says="the configuration file; absent if none was given")
CONFIG_SHA256 = RecordedName("config_sha256", RUN, says="SHA-256 of its content when the run began")
GIVEN_SETTINGS = RecordedName(
    "given_settings",
    RUN,
    kind=JSON,
    says="the settings that aren't the defaults, by dotted name: what file and command line together say",
)
OUTCOME = RecordedName(
    "outcome",
    RUN,
    says="how it ended: `complete`, `failed`, `interrupted` (Ctrl-C, SIGTERM) or `killed` (which the next run in the "
    "same folder writes); absent while it goes on",
)
ENDED_MS = RecordedName(
    "ended_ms", RUN, kind=WHOLE, unit="ms since the epoch", says="when it ended; absent if it was killed"
)
RUN_SECONDS = RecordedName("run_seconds", RUN, kind=NUMBER, unit="s", says="from its record's beginning to its end")
RUN_PEAK_MEMORY_BYTES = RecordedName(
    "run_peak_memory_bytes", RUN, kind=WHOLE, unit="bytes", says="the highest of its steps' `step_peak_memory_bytes`"
)

# A step. Here on its execution; on Kubeflow on what it made.
_STEP_ON = (EXECUTION, EVERY_ARTIFACT)
STEP_SECONDS = RecordedName(
    "step_seconds", *_STEP_ON, kind=NUMBER, unit="s", says="how long the step took; absent if its result was reused"
)
STEP_PEAK_MEMORY_BYTES = RecordedName(
    "step_peak_memory_bytes",
    *_STEP_ON,
    kind=WHOLE,
    unit="bytes",
    says="the most memory (resident set) that the step's process had during it, without child processes; absent if the "
    "result was reused or the system doesn't tell",
)
ERROR_MESSAGE = RecordedName("error_message", EXECUTION, since=1, says="why it failed; TFX's own name")
MEASURED = (STEP_SECONDS, STEP_PEAK_MEMORY_BYTES)
"""What was measured of a step: no setting of it."""

# Settings.
RESOLVED_SETTINGS = RecordedName(
    "resolved_settings",
    *(EXAMPLES, MODEL, TFLITE_MODEL, PUSHED_MODEL),
    kind=JSON,
    says="the values that the step used for its settings, by dotted name (`train.float_steps`), with what was chosen "
    "where a setting was left open (`null`, `auto`); the execution's properties have what was given",
)

# Data.
_DATA_ON = (EXAMPLES, DATASET_REPORT)
DATA_PATH = RecordedName("data_path", *_DATA_ON, says="the folder or address of the data set, without passwords")
INPUT_FINGERPRINT = RecordedName(
    "input_fingerprint",
    *_DATA_ON,
    since=1,
    says="SHA-256 over names and contents of all files that were read (`coralline.data.data_fingerprint`); on "
    "`DatasetReport` since format 2",
)
SPAN = RecordedName("span", EXAMPLES, since=1, kind=WHOLE, says="0; by which TFX's resolvers order examples")
SPLIT_RECORDS = tuple(
    RecordedName(f"{split}_records", EXAMPLES, since=1, kind=WHOLE, says=f"examples of split `{split}`")
    for split in ("train", "eval", "test")
)
DATA_READER = RecordedName("data_reader", DATASET_REPORT, says="the layout that was read, in words")
SPLIT_RULE = RecordedName("split_rule", DATASET_REPORT, says="how the splits were chosen, in words")
DATA_IMAGES = RecordedName(
    *("images", DATASET_REPORT, EVALUATION_REPORT),
    since=1,
    kind=WHOLE,
    says="how many: of the data set, or of those that judged the model",
)
DATA_BOXES = RecordedName("boxes", DATASET_REPORT, since=1, kind=WHOLE, says="annotated boxes of all classes")
DATA_CLASSES = RecordedName("classes", DATASET_REPORT, since=1, kind=WHOLE, says="classes of the label map")
SPLIT_IMAGES = tuple(
    RecordedName(f"{split}_images", DATASET_REPORT, since=1, kind=WHOLE, says=f"images of split `{split}`")
    for split in ("train", "eval", "test")
)
SPLIT_BOXES = tuple(
    RecordedName(f"{split}_boxes", DATASET_REPORT, kind=WHOLE, says=f"boxes of split `{split}`")
    for split in ("train", "eval", "test")
)
CLASS_IMAGES = RecordedName(
    "class_images",
    DATASET_REPORT,
    kind=JSON,
    says='images that show each class, by split: `{"cat": {"train": 80, "eval": 20}}`',
)
CLASS_BOXES = RecordedName("class_boxes", DATASET_REPORT, kind=JSON, says="boxes of each class, by split, likewise")
PROBLEMS = RecordedName("problems", DATASET_REPORT, kind=WHOLE, says="problems found in the data, whatever was done")
PROBLEM_COUNTS = RecordedName("problem_counts", DATASET_REPORT, kind=JSON, says="of these, how many of each kind")

# A training.
SELECTED = tuple(
    name
    for phase in ("float", "qat")
    for name in (
        RecordedName(f"{phase}_step", MODEL, since=1, kind=WHOLE, says=f"the step of the {phase} phase that was kept"),
        RecordedName(f"{phase}_AP", MODEL, since=1, kind=NUMBER, says="AP of that step on the images that chose it"),
        RecordedName(
            f"{phase}_AP_optimism",
            MODEL,
            since=1,
            kind=NUMBER,
            says="the most by which that choice flatters AP; absent if other images judge the model",
        ),
    )
)
SELECTION = RecordedName("selection", MODEL, since=1, says="what the checkpoints were chosen on, in words")
SELECTION_SPLIT = RecordedName("selection_split", MODEL, since=1, says="the split that those images are of")
SELECTION_IMAGES = RecordedName("selection_images", MODEL, since=1, kind=WHOLE, says="how many they are")
TRAINING_IMAGES = RecordedName("training_images", MODEL, kind=WHOLE, says="images that trained: without those")
TRAINED_ON = RecordedName("trained_on", MODEL, says="the devices, such as `1 CPU` or `2 GPUs`")

# What training began with.
WARM_START_NAMES = (
    RecordedName("source", WARM_START, since=1, says="the setting `model.warm_start`"),
    RecordedName("path", WARM_START, since=1, says="the weights; empty if there are none yet"),
    RecordedName("sha256", WARM_START, since=1, says="of their content; empty for a URL, whose hash is a setting"),
    RecordedName("version", WARM_START, SERVED_MODEL, since=1, says="of a published model; else empty"),
    RecordedName("pipeline_run", WARM_START, SERVED_MODEL, since=1, says="the run that published it; else empty"),
)

# The file, and what it is worth.
MODEL_SHA256 = RecordedName(
    "model_sha256", TFLITE_MODEL, EVALUATION_REPORT, PUSHED_MODEL, says="SHA-256 of `model.tflite`"
)
EDGETPU_MAPPED = RecordedName(
    "edgetpu_mapped",
    *(TFLITE_MODEL, PUSHED_MODEL),
    since=1,
    kind=WHOLE,
    says="operations that run on the Edge TPU, as predicted; of a compiled file, as the compiler says",
)
EDGETPU_TOTAL = RecordedName("edgetpu_total", TFLITE_MODEL, PUSHED_MODEL, since=1, kind=WHOLE, says="of so many")
AP = RecordedName("AP", EVALUATION_REPORT, since=1, kind=NUMBER, says="of `model.tflite`, mean over IoU .50:.05:.95")
AP50 = RecordedName("AP50", EVALUATION_REPORT, since=1, kind=NUMBER, says="AP at IoU .50")
AP75 = RecordedName("AP75", EVALUATION_REPORT, since=1, kind=NUMBER, says="AP at IoU .75")
JUDGED_SPLIT = RecordedName("split", EVALUATION_REPORT, since=1, says="the split that judged")
CLASS_AP = RecordedName("class_AP", EVALUATION_REPORT, kind=JSON, says="AP of each class; null without a box of it")
CLASS_AP50 = RecordedName("class_AP50", EVALUATION_REPORT, kind=JSON, says="AP at IoU .50 of each class, likewise")
AP_OF_FLOAT = RecordedName("AP_of_float", EVALUATION_REPORT, kind=NUMBER, says="AP of the float model, same images")
AP_OF_QAT = RecordedName("AP_of_qat", EVALUATION_REPORT, kind=NUMBER, says="AP of the quantization-aware model")
AP_OF_BASELINE = RecordedName(
    "AP_of_baseline", EVALUATION_REPORT, kind=NUMBER, says="AP of the served model; absent without one"
)
SCORE_THRESHOLD = RecordedName(
    "score_threshold",
    EVALUATION_REPORT,
    kind=NUMBER,
    says="the operating threshold: the score with the best F1 of all classes together; absent if nothing is found",
)
FOUND = RecordedName("found", EVALUATION_REPORT, kind=WHOLE, says="boxes that are found at that threshold, at IoU .5")
MISSED = RecordedName("missed", EVALUATION_REPORT, kind=WHOLE, says="boxes that aren't, difficult ones aside")
FALSE_ALARMS = RecordedName("false_alarms", EVALUATION_REPORT, kind=WHOLE, says="detections that are no box")

# The verdict.
BLESSED = RecordedName("blessed", BLESSING, since=1, kind=FLAG, says="whether it passed every threshold")
REASONS = RecordedName("reasons", BLESSING, since=1, says="what each threshold said, one a line")
JUDGED = (
    RecordedName("current_model", BLESSING, since=1, says="address of the trained model"),
    RecordedName("current_model_id", BLESSING, since=1, kind=WHOLE, says="its artifact"),
    RecordedName("tflite_model", BLESSING, since=1, says="address of the exported model"),
    RecordedName("tflite_model_id", BLESSING, since=1, kind=WHOLE, says="its artifact"),
    RecordedName("baseline_model", BLESSING, since=1, says="the served version; absent without one"),
    RecordedName("baseline_model_id", BLESSING, since=1, kind=WHOLE, says="its artifact (`ServedModel`)"),
    RecordedName("baseline_content", BLESSING, since=1, says="what tells it from others; as `content` there"),
)
SERVED_NAMES = (
    RecordedName("destination", SERVED_MODEL, since=1, says="where models are published"),
    RecordedName("content", SERVED_MODEL, since=1, says="what tells it from others; empty if nothing is served"),
    RecordedName("damage", SERVED_MODEL, since=1, says="what is wrong with it; empty: nothing"),
)

# The push.
PUSHED = RecordedName("pushed", PUSHED_MODEL, since=1, kind=FLAG, says="whether it was published")
PUSHED_DESTINATION = RecordedName("pushed_destination", PUSHED_MODEL, since=1, says="where models are published")
PUSHED_VERSION = RecordedName("pushed_version", PUSHED_MODEL, since=1, says="the version's folder there; else empty")
PUSH_REASON = RecordedName("reason", PUSHED_MODEL, since=1, says="why it was published or not, in words")
REFUSED_BY = RecordedName(
    "refused_by", PUSHED_MODEL, since=1, says="`blessing`, `gate`, `rollback` or `baseline`; empty if it was published"
)
PUBLISHED_FILES = RecordedName(
    "published_files",
    PUSHED_MODEL,
    kind=JSON,
    says="SHA-256 of the files that decide which version it is (model.tflite, labels.txt, the compiled one), by name; "
    "absent if nothing was published",
)
COMPILED = RecordedName("compiled", PUSHED_MODEL, since=1, kind=FLAG, says="whether it was compiled for the Edge TPU")
COMPILER_STATUS = RecordedName(
    "compiler_status",
    PUSHED_MODEL,
    says="`compiled`, `failed`, `not found`, `off` (`edgetpu.compiler`), or `not asked` of a model that isn't blessed",
)
COMPILER_VERSION = RecordedName("compiler_version", PUSHED_MODEL, says="of edgetpu_compiler; empty: none was used")
COMPILER_PATH = RecordedName("compiler_path", PUSHED_MODEL, says="of edgetpu_compiler; empty: none was used")
COMPILER_MESSAGE = RecordedName("compiler_message", PUSHED_MODEL, says="why it wasn't compiled; empty if it was")


def recorded_names() -> tuple[RecordedName, ...]:
    """All of them, in the order of this file."""
    found: dict[str, RecordedName] = {}
    for value in list(globals().values()):
        for name in value if isinstance(value, tuple) else (value,):
            if isinstance(name, RecordedName):
                found.setdefault(str(name), name)
    return tuple(found.values())
