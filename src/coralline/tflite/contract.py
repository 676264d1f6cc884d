"""The standard detector contract: what pycoral, libcoral and Frigate expect, by index.

Input `[1, H, W, 3] uint8` RGB; outputs float32: 0 boxes `[1,N,4]` (ymin, xmin, ymax, xmax, normalized), 1 classes
`[1,N]` (0 = first real class), 2 scores `[1,N]`, 3 count `[1]`. Source: pycoral/adapters/detect.py, Frigate's
`detectors/plugins/edgetpu_tfl.py`, and detection_postprocess.cc for the op that makes these outputs.

Outputs also have names: in a signature, and those of their tensors. Where names say another order than the indices,
the indices are what counts, here and on devices; `misnamed_outputs` tells of it.
"""

from __future__ import annotations

from coralline.tflite import metadata, model_file
from coralline.tflite.model_file import Graph, Model, Op, Tensor
from coralline.tflite.post_process_op import CUSTOM_CODE, PostProcessing

OUTPUTS = ("boxes", "classes", "scores", "count")
# The same outputs as pycoral's `get_objects` looks them up in a file that has a signature, which is by name: output_0
# is count, output_1 scores, output_2 classes, output_3 boxes. It uses indices only for a file that has none.
PYCORAL_NAMES = ("output_3", "output_2", "output_1", "output_0")
_RANKS = {"boxes": 3, "classes": 2, "scores": 2, "count": 1}
_WORDS = (("box", 0), ("class", 1), ("score", 2), ("count", 3), ("num", 3))


def check_contract(model: bytes) -> list[str]:
    """What keeps a .tflite file from being a standard detector in every respect, by name too; empty when nothing does.

    Raises:
      UserError: it isn't a whole .tflite file.
    """
    read = model_file.read_model(model)
    return problems(read) or misnamed_outputs(read)


def problems(model: Model, own_labels: bool = True) -> list[str]:
    """What keeps a model from being run as a standard detector, by index; empty when nothing does.

    Args:
      model: the model.
      own_labels: whether the labels in the file count; not if others are used in their place.
    """
    found = _input_problems(model.main) + (_order_problems(model.main) or _output_problems(model.main))
    labels = _label_problems(model) if own_labels else []
    return found or _class_problems(model) + labels


def misnamed_outputs(model: Model) -> list[str]:
    """Outputs whose names say that they are others than their indices say, of a model without `problems`."""
    return _misnamed_in_signatures(model) + _misnamed_tensors(model.main)


def name_warnings(model: Model) -> tuple[str, ...]:
    """The same as a warning for whoever runs it: one sentence, or none."""
    found = misnamed_outputs(model)
    if not found:
        return ()
    order = ", ".join(f"{index} {name}" for index, name in enumerate(OUTPUTS))
    return (f"names of outputs contradict their order, which is what counts ({order}): {'; '.join(found)}",)


def float_ops(model: Model) -> list[str]:
    """Ops, by `index name (tensor)`, that work on float though they are neither DEQUANTIZE nor the post-processing."""
    graph = model.main
    found = []
    for op in graph.ops:
        touched = [graph.tensors[t] for t in op.inputs + op.outputs if t >= 0]
        floats = [t for t in touched if t.type.startswith("FLOAT") and not t.constant]
        if floats and op.name not in ("DEQUANTIZE", CUSTOM_CODE):
            found.append(f"op {op.index} {op.name} ({floats[-1].name or floats[-1].index})")
    return found


def _input_problems(graph: Graph) -> list[str]:
    if len(graph.inputs) != 1:
        return [f"expected 1 input (an image), found {len(graph.inputs)}"]
    tensor = graph.tensors[graph.inputs[0]]
    found = []
    if tensor.type != "UINT8":
        found.append(f"expected a UINT8 input, found {tensor.type}")
    if (
        len(tensor.shape) != 4
        or tensor.shape[0] != 1
        or tensor.shape[3] != 3
        or tensor.dynamic
        or min(tensor.shape) < 1
    ):
        found.append(f"expected an input of shape [1, height, width, 3], found {list(tensor.shape)}")
    return found


def _order_problems(graph: Graph) -> list[str]:
    if len(graph.outputs) != 4:
        return [f"expected 4 outputs ({', '.join(OUTPUTS)}), found {len(graph.outputs)}"]
    op = _post_process(graph)
    if op is None or op.outputs == graph.outputs:
        return []
    made = dict(zip(op.outputs, OUTPUTS, strict=False))
    order = ", ".join(made.get(tensor, "something else") for tensor in graph.outputs)
    return [f"expected the outputs {', '.join(OUTPUTS)}, in this order; found {order}"]


def _post_process(graph: Graph) -> Op | None:
    return next((op for op in reversed(graph.ops) if op.name == CUSTOM_CODE), None)


def _output_problems(graph: Graph) -> list[str]:
    tensors = dict(zip(OUTPUTS, (graph.tensors[i] for i in graph.outputs), strict=True))
    found = [
        f"output {i} ({name}) must be FLOAT32, found {tensor.type}"
        for i, (name, tensor) in enumerate(tensors.items())
        if tensor.type != "FLOAT32"
    ]
    for i, (name, tensor) in enumerate(tensors.items()):
        # Old converters leave the shapes of the post-processing's outputs open; the op defines them.
        open_shape = not tensor.shape and _post_process(graph) is not None
        if not open_shape and not _has_shape(name, tensor):
            found.append(f"output {i} must be {name} of shape {_wanted(name)}, found {list(tensor.shape)}")
    return found


def _has_shape(name: str, tensor: Tensor) -> bool:
    shape = tensor.shape
    fits = len(shape) == _RANKS[name] and shape[0] == 1
    return fits and (name != "boxes" or shape[2] == 4)


def _wanted(name: str) -> str:
    return {"boxes": "[1, N, 4]", "count": "[1]"}.get(name, "[1, N]")


def post_processing(model: Model) -> PostProcessing | None:
    """The settings of its post-processing op; None if there is no such op or its options are damaged."""
    op = _post_process(model.main)
    try:
        return None if op is None else PostProcessing.decode(op.custom_options)
    except ValueError:
        return None


def num_classes(model: Model) -> int | None:
    """How many classes the post-processing op knows; None as for `post_processing`."""
    settings = post_processing(model)
    return None if settings is None else settings.num_classes


def _class_problems(model: Model) -> list[str]:
    op = _post_process(model.main)
    if op is None:
        return []
    try:
        options = PostProcessing.decode(op.custom_options)
    except ValueError as e:
        return [str(e)]
    found = []
    scores = model.main.tensors[op.inputs[1]] if len(op.inputs) > 1 else None
    width = scores.shape[-1] if scores is not None and scores.shape else options.num_classes + 1
    if width - options.num_classes not in (0, 1):
        found.append(
            f"the class scores are {width} wide for {options.num_classes} classes: expected one more than classes"
        )
    return found


def _label_problems(model: Model) -> list[str]:
    try:
        labels = metadata.read_labels(model.content)
    except ValueError as e:
        return [str(e)]
    classes = num_classes(model)
    if labels is None or classes is None or len(labels) == classes:
        return []
    return [f"the file holds {len(labels)} labels for {classes} classes: labels will be off"]


def _misnamed_in_signatures(model: Model) -> list[str]:
    outputs = model.main.outputs
    found = []
    for signature in model.signatures:
        for name, tensor in signature.outputs.items():
            meant = _meant(name)
            if meant is not None and outputs[meant] != tensor:
                is_now = _by_index(outputs.index(tensor)) if tensor in outputs else "no output"
                read_as = f", which pycoral reads as {OUTPUTS[meant]}" if name in PYCORAL_NAMES else ""
                found.append(f"the signature {signature.key} calls {is_now} {name!r}{read_as}")
    return found


def _misnamed_tensors(graph: Graph) -> list[str]:
    """Nothing unless each output's name stands for another one: few converters name tensors after what they hold."""
    names = [graph.tensors[tensor].name for tensor in graph.outputs]
    meant = [_meant(name.rpartition("/")[2]) for name in names]
    if set(meant) != set(range(len(OUTPUTS))):
        return []
    return [
        f"the tensor of {_by_index(index)} is called {name!r}"
        for index, (name, other) in enumerate(zip(names, meant, strict=True))
        if other != index
    ]


def _by_index(index: int) -> str:
    return f"output {index} ({OUTPUTS[index]})"


def _meant(name: str) -> int | None:
    """Which output a signature's name stands for; None if it doesn't say."""
    if name in PYCORAL_NAMES:
        return PYCORAL_NAMES.index(name)
    return next((index for word, index in _WORDS if word in name.lower()), None)
