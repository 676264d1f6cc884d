"""What people used to check by eye in a pipeline.config before training: classes, addresses, quantization."""

from __future__ import annotations

import dataclasses

from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError
from coralline.foundation.progress import counted
from coralline.od_api import schedule
from coralline.od_api.addresses import Address
from coralline.od_api.data import Files
from coralline.od_api.ledger import Leaf, Ledger

_FEW = 5


@dataclasses.dataclass(frozen=True)
class ConfigCheck:
    """One of them.

    Attributes:
      name: what was looked at.
      ok: the outcome; None if it could not be checked.
      message: one sentence.
      line: of the field.
    """

    name: str
    ok: bool | None
    message: str
    line: int | None = None


def all_checks(ledger: Ledger, files: Files) -> list[ConfigCheck]:
    """Every check, in the order of the file."""
    label_map, label_map_checks = _label_map(files.label_maps)
    return [
        _architecture(ledger),
        _classes(ledger, label_map),
        *label_map_checks,
        *_records(files, "train"),
        *_records(files, "eval"),
        *_sides_apart(files),
        *_checkpoint(files.checkpoint),
        _quantization(ledger),
    ]


def _architecture(ledger: Ledger) -> ConfigCheck:
    inside = ledger.under("model")
    if not inside:
        return ConfigCheck("architecture", False, "there is no `model` in this file: a preset takes its place")
    first = inside[0]
    kind = first.path.split(".")[1] if "." in first.path else ""
    if kind == "ssd":
        named = ledger.first("model.ssd.feature_extractor.type")
        what = f" on {named.written()}" if named else ""
        return ConfigCheck("architecture", True, f"an SSD{what}", named.line if named else first.line)
    what = f"`{kind}` isn't an SSD but another kind of detector" if kind else "the model is empty"
    return ConfigCheck("architecture", False, f"{what}: a preset takes its place, the rest is carried over", first.line)


def _classes(ledger: Ledger, label_map: LabelMap | None) -> ConfigCheck:
    leaf = next((leaf for leaf in ledger.under("model") if leaf.path.endswith(".num_classes")), None)
    if leaf is None:
        return ConfigCheck(
            "classes", None, "the model doesn't say num_classes; they come from the label map or the data"
        )
    number = leaf.value.whole() if leaf.value else None
    ledger.keep(leaf, "classes come from the label map, or from the data")
    if number is None or number < 1:
        return ConfigCheck(
            "classes", False, f"num_classes is {leaf.written()}, which is no number of classes", leaf.line
        )
    if label_map is None:
        message = f"num_classes is {number}; there is no label map to compare it with"
        return ConfigCheck("classes", None, message, leaf.line)
    names = ", ".join(label_map.names[:_FEW]) + (", ..." if len(label_map) > _FEW else "")
    has = f"the label map has {counted(len(label_map), 'class')}: {names}"
    return ConfigCheck("classes", number == len(label_map), f"num_classes is {number}, {has}", leaf.line)


def _label_map(addresses: list[Address]) -> tuple[LabelMap | None, list[ConfigCheck]]:
    """The label map if it can be read, and the checks of it."""
    name = "label map"
    if not addresses:
        return None, [ConfigCheck(name, False, "none is named: classes will be the sorted names in the data")]
    read, checks = None, []
    for address in addresses[:1] + [other for other in addresses[1:] if other.given != addresses[0].given]:
        check = _there(name, address)
        if check.ok:
            try:
                label_map = LabelMap.read(address.path)
                read = read or label_map
            except UserError as e:
                check = ConfigCheck(name, False, _problem_with(address, e), address.leaf.line)
        checks.append(check)
    if len(checks) > 1:
        given = " and ".join(address.given for address in addresses)
        checks.append(ConfigCheck(name, False, f"training and evaluation have two: {given}", addresses[1].leaf.line))
    return read, checks


def _problem_with(address: Address, error: UserError) -> str:
    place = f"{address.given}:{error.line}" if error.line else address.given
    return f"{place}: {error.what}" + (f", found {error.found}" if error.found else "")


def _records(files: Files, side: str) -> list[ConfigCheck]:
    name, addresses = f"{side} records", files.records[side]
    if not addresses:
        return [ConfigCheck(name, False, f"{side}_input_reader names none")]
    return [_there(name, address) for address in addresses]


def _sides_apart(files: Files) -> list[ConfigCheck]:
    sides = [
        {file for address in files.records[side] if address.state != "placeholder" for file in _files(address)}
        for side in ("train", "eval")
    ]
    if sides[0].isdisjoint(sides[1]):
        return []
    message = "the same records train and evaluate: every figure would be too good"
    return [ConfigCheck("eval records", False, message, files.records["eval"][0].leaf.line)]


def _files(address: Address) -> tuple[str, ...]:
    return address.files or (address.given,)


def _checkpoint(address: Address | None) -> list[ConfigCheck]:
    return [] if address is None else [_there("checkpoint", address)]


def _there(name: str, address: Address) -> ConfigCheck:
    line = address.leaf.line
    if address.state == "placeholder":
        return ConfigCheck(name, False, f"{address.given} is a placeholder that nobody filled in", line)
    if address.state == "remote":
        return ConfigCheck(name, None, f"{address.given} is remote, and wasn't looked at", line)
    if address.state == "missing":
        places = f"; looked in {', '.join(address.looked)}" if address.looked else ""
        return ConfigCheck(name, False, f"there is no {address.given}{places}", line)
    if address.state == "no file":
        is_prefix = ": a checkpoint is named by its prefix, such as model.ckpt" if name == "checkpoint" else ""
        return ConfigCheck(name, False, f"{address.path} isn't a file{is_prefix}", line)
    missing = address.missing_shards()
    if missing:
        total = missing + len(address.files)
        return ConfigCheck(name, False, f"{address.given}: {missing} of {total} shards are missing", line)
    where = "" if address.path == address.given else f", found at {address.path}"
    return ConfigCheck(name, True, f"{address.given}{where}", line)


def _quantization(ledger: Ledger) -> ConfigCheck:
    name, inside = "quantization", ledger.under("graph_rewriter.quantization")
    if not inside and (of_tf2 := _sign_of_tf2(ledger)):
        message = "a TF2 configuration: quantized after training there, quantization-aware here"
        return ConfigCheck(name, True, message, of_tf2.line)
    if not inside:
        return ConfigCheck(
            name,
            False,
            "there is no `graph_rewriter { quantization { ... } }`: it would train a float model, which the Edge TPU "
            "can't run; Coralline always trains quantization-aware",
        )
    for leaf in inside:
        if leaf.path.endswith("_bits") and (leaf.value is None or leaf.value.whole() != 8):
            field = leaf.path.rpartition(".")[2]
            return ConfigCheck(name, False, f"{field} is {leaf.written()}; the Edge TPU has 8 bits", leaf.line)
    delay, steps = ledger.first(schedule.DELAY), ledger.first("train_config.num_steps")
    begins = delay.value.whole() if delay and delay.value else None if delay else schedule.DEFAULT_DELAY
    ends = steps.value.whole() if steps and steps.value else None
    if begins is not None and ends and begins >= ends:
        of = "the default delay" if delay is None else "the delay"
        message = f"it would never begin: {of} of {begins} steps isn't below num_steps, {ends}"
        return ConfigCheck(name, False, message, delay.line if delay else inside[0].line)
    return ConfigCheck(name, True, "8-bit, quantization-aware", inside[0].line)


def _sign_of_tf2(ledger: Ledger) -> Leaf | None:
    """The field that only configurations for model_main_tf2.py have: they know no graph_rewriter.

    object_detection/builders/model_builder.py: extractors of TF2 end in `_keras`, CenterNet and DETR are TF2's alone.
    """
    for leaf in ledger.leaves:
        text = leaf.value.text if leaf.value else ""
        of_version = leaf.path == "train_config.fine_tune_checkpoint_version" and text in ("V2", "2")
        of_model = leaf.path.endswith("feature_extractor.type") and text.endswith("_keras")
        if of_version or of_model or leaf.path.startswith(("model.center_net", "model.detr")):
            return leaf
    return None
