"""A whole pipeline.config as our settings: what was carried over, what wasn't and why, and what is wrong with it."""

from __future__ import annotations

import dataclasses

from coralline.od_api import architecture, augmentation_options, config_file, data, schedule
from coralline.od_api.addresses import Finder
from coralline.od_api.config_checks import ConfigCheck, all_checks
from coralline.od_api.ledger import Carried, Ledger, Settled

_NMS = "model.ssd.post_processing.batch_non_max_suppression."


@dataclasses.dataclass(frozen=True)
class Translation:
    """The result; every field of the file is in one of `carried`, `same` and `left`.

    Attributes:
      source: the file.
      carried: settings, in the order of the configuration's sections.
      same: fields that need no setting.
      left: fields that can't be carried over.
      checks: what people used to check by eye.
    """

    source: str
    carried: tuple[Carried, ...]
    same: tuple[Settled, ...]
    left: tuple[Settled, ...]
    checks: tuple[ConfigCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return all(check.ok is not False for check in self.checks)


def translate(path: str) -> Translation:
    """Reads a pipeline.config and translates it.

    Raises:
      UserError: it can't be read, or isn't such a configuration; with file and line.
    """
    ledger = Ledger(config_file.read_config_file(path))
    files = data.carry(ledger, Finder(path))
    preset = architecture.carry(ledger)
    schedule.carry(ledger, preset)
    augmentation_options.carry(ledger)
    _carry_post_processing(ledger)
    _carry_evaluation(ledger)
    checks = all_checks(ledger, files)
    ledger.settle()
    return Translation(path, tuple(ledger.carried), tuple(ledger.same), tuple(ledger.left), tuple(checks))


def _carry_post_processing(ledger: Ledger) -> None:
    limit = ledger.whole(f"{_NMS}max_total_detections", least=1)
    score = ledger.number(f"{_NMS}score_threshold")
    overlap = ledger.number(f"{_NMS}iou_threshold")
    if limit:
        ledger.carry("export.max_detections", limit[1], limit[0])
    if score:
        note = "figures are those of what is left above it: the higher, the lower AP" if score[1] > 0.01 else ""
        ledger.carry("export.score_threshold", score[1], score[0], note=note)
    if overlap:
        ledger.carry("export.iou_threshold", overlap[1], overlap[0])


def _carry_evaluation(ledger: Ledger) -> None:
    pictures = ledger.whole("eval_config.num_visualizations")
    if pictures:
        ledger.carry("evaluate.pictures", pictures[1], pictures[0])
