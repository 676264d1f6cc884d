"""Records, label map and checkpoint: their addresses, and those that a setting can name."""

from __future__ import annotations

import dataclasses

from coralline.od_api.addresses import Address, Finder, common_folder
from coralline.od_api.ledger import Ledger

_SIDES = ("train", "eval")
_RECORDS = "{}_input_reader.tf_record_input_reader.input_path"
_LABEL_MAP = "{}_input_reader.label_map_path"
_CHECKPOINT = "train_config.fine_tune_checkpoint"


@dataclasses.dataclass(frozen=True)
class Files:
    """What the configuration names, by what it's for."""

    records: dict[str, list[Address]]
    label_maps: list[Address]
    checkpoint: Address | None

    def all(self) -> list[Address]:
        """Every address."""
        return [*self.label_maps, *self.records["train"], *self.records["eval"], *filter(None, [self.checkpoint])]


def carry(ledger: Ledger, finder: Finder) -> Files:
    """Carries over addresses; those that are placeholders are left out."""
    files = Files(
        {side: _records(ledger, finder, side) for side in _SIDES}, _label_maps(ledger, finder), _start(ledger, finder)
    )
    for address in files.all():
        if address.state == "placeholder":
            ledger.leave(address.leaf, "it's a placeholder")
    _carry_records(ledger, files)
    _carry_label_map(ledger, files.label_maps)
    _leave_checkpoint(ledger, files.checkpoint)
    return files


def _records(ledger: Ledger, finder: Finder, side: str) -> list[Address]:
    """Every named record; a string may name several, separated by commas."""
    return [
        finder.find(leaf, path.strip())
        for leaf in ledger.all(_RECORDS.format(side))
        if leaf.value
        for path in leaf.value.text.split(",")
        if path.strip()
    ]


def _label_maps(ledger: Ledger, finder: Finder) -> list[Address]:
    named = filter(None, (ledger.text(_LABEL_MAP.format(side)) for side in _SIDES))
    return [finder.find(leaf, path) for leaf, path in named]


def _start(ledger: Ledger, finder: Finder) -> Address | None:
    named = ledger.text(_CHECKPOINT)
    return finder.find(*named, endings=".*") if named else None


def _carry_records(ledger: Ledger, files: Files) -> None:
    named = [address for side in _SIDES for address in files.records[side] if address.state != "placeholder"]
    if not named:
        return
    leaves = list(dict.fromkeys(address.leaf for address in named))
    folder = common_folder(named)
    if folder is None:
        for leaf in leaves:
            ledger.leave(leaf, "the records have no folder in common; put them into one, and set data.path to it")
        return
    note = "the folder of the records"
    if any(all(address.state == "placeholder" for address in files.records[side]) for side in _SIDES):
        note += "; data.eval_fraction of the images are held back for evaluation"
    ledger.carry("data.path", folder, *leaves, note=note)
    ledger.carry("data.reader", "tfrecord")


def _carry_label_map(ledger: Ledger, label_maps: list[Address]) -> None:
    usable = [address for address in label_maps if address.state != "placeholder"]
    if usable:
        first = usable[0]
        same = [address.leaf for address in usable if address.path == first.path]
        ledger.carry("data.label_map", first.path, *same)
        for address in usable[1:]:
            ledger.leave(address.leaf, f"there is one label map for both sides; that of line {first.leaf.line} holds")


def _leave_checkpoint(ledger: Ledger, checkpoint: Address | None) -> None:
    if checkpoint is not None:
        ledger.leave(
            checkpoint.leaf,
            "a checkpoint of the Object Detection API holds layers of another network; give model.warm_start a file "
            "of the preset's backbone",
        )
