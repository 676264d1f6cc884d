"""The models over the judging side on an engine of Beam's: a file of examples is one element.

What a model sees in an image leaves the worker as a file that appears whole; what goes through the engine is counts. A
mistake in the data or the models comes back as a value, since what a worker raises reaches nobody in readable form.
"""

from __future__ import annotations

import functools
import os
import pickle
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from components.evaluator.judged_models import JudgedPlaces
from coralline.data.records import tfrecord
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.scoring import inference
from coralline.scoring.inference import Evaluated, JudgedModel
from coralline.scoring.labelled_images import of_example

_COUNTS_FILE = "scored.pickle"
_ONE_AT_A_TIME = threading.Lock()  # a worker may be given several elements at once; a detector runs one image


def lay_out(pipeline: Any, places: JudgedPlaces, eval_folder: str, scratch: str) -> list[str]:
    """Lays out the Beam pipeline.

    Args:
      pipeline: of Beam.
      places: the models, where all workers can read them.
      eval_folder: the examples, there too.
      scratch: a new folder there, for what comes of it.

    Returns:
      The files of examples, in order.
    """
    import apache_beam as beam

    files = tfrecord.list_record_files(eval_folder)
    (
        pipeline
        | "Files" >> beam.Create(list(enumerate(files)), reshuffle=False)
        | "SpreadFiles" >> beam.GroupByKey()
        | "Score" >> beam.Map(score_file, places, scratch)
        | "GatherScored" >> beam.GroupByKey()
        | "SaveCounts" >> beam.Map(save_counts, scratch)
    )
    return files


def score_file(numbered: tuple[int, Iterable[str]], places: JudgedPlaces, scratch: str) -> tuple[None, tuple[int, int]]:
    """Runs every model over the images of a file; gives its number and how many these were."""
    number, [path] = numbered
    found: Evaluated | dict[str, Any]
    try:
        with _ONE_AT_A_TIME:
            found = inference.run_models(_loaded(places), map(of_example, tfrecord.read_record_file(path)))
        count = len(found.ground_truths)
    except UserError as e:
        found, count = e.fields(), 0
    storage.replace_bytes(_part(scratch, number), pickle.dumps(found))
    return None, (number, count)


def save_counts(gathered: tuple[None, Iterable[tuple[int, int]]], scratch: str) -> None:
    """Brings back which files were scored."""
    storage.replace_bytes(os.path.join(scratch, _COUNTS_FILE), pickle.dumps(sorted(gathered[1])))


def load_evaluated(files: Sequence[str], scratch: str, *, images: int) -> Evaluated:
    """The result, in the order of the files.

    Args:
      files: as `lay_out` gave them.
      scratch: what it was given.
      images: how many there are in the files.

    Raises:
      UserError: a model or an image is wrong, or not every image was scored.
    """
    if not storage.exists(os.path.join(scratch, _COUNTS_FILE)):
        raise _incomplete("it returned without having run", images)
    counts = pickle.loads(storage.read_bytes(os.path.join(scratch, _COUNTS_FILE)))
    if [number for number, _ in counts] != list(range(len(files))):
        raise _incomplete(f"{len(counts)} of {len(files)} files", images)
    all_found = Evaluated([], {})
    for number, count in counts:
        found = pickle.loads(storage.read_bytes(_part(scratch, number)))
        if isinstance(found, dict):
            raise UserError(**found)
        if len(found.ground_truths) != count:
            raise _incomplete(f"{len(found.ground_truths)} of {count} images of {files[number]}", images)
        all_found.ground_truths += found.ground_truths
        for name, detections in found.detections.items():
            all_found.detections.setdefault(name, []).extend(detections)
    if len(all_found.ground_truths) != images:
        raise _incomplete(f"{len(all_found.ground_truths)} images", images)
    return all_found


@functools.lru_cache(maxsize=1)
def _loaded(places: JudgedPlaces) -> dict[str, JudgedModel]:
    """Once a worker."""
    return places.load()


def _part(scratch: str, number: int) -> str:
    return os.path.join(scratch, f"scored-{number:05d}.pickle")


def _incomplete(found: str, images: int) -> UserError:
    return UserError(
        "the Beam runner did not score all images",
        expected=f"detections in {images} images",
        found=found,
        fix="use another Beam runner (beam.runner: direct scores them in the step itself), or look into its log",
    )
