"""The work on Beam: the same files from every way of running it, and runners that lose or repeat a part of it."""

import pickle
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.direct.direct_runner import DirectRunner
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from components.artifacts import DatasetReport, LabelMap
from components.voc_example_gen import shards
from components.voc_example_gen.executor import Executor
from coralline.data.annotated_image import AnnotatedImage
from coralline.data.data_fingerprint import UNREADABLE, fingerprint
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset, make_plan
from coralline.data.drawn_shapes import draw_dataset
from coralline.data.records import tfrecord
from coralline.data.records.tf_example import decode_example
from coralline.foundation import storage
from coralline.foundation.errors import UserError

pytestmark = pytest.mark.slow

IMAGES = 23


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    draw_dataset(folder, images=IMAGES, size_px=64)
    return folder


@pytest.fixture(autouse=True)
def small_shares(request, monkeypatch):
    if "multi_processing" not in request.node.name:  # Worker processes would know nothing of it.
        monkeypatch.setattr(shards, "_IMAGES_A_SHARD", 5)


def execute(data, out, make_pipeline=None, beam_args=()):
    """VocExampleGen's executor, as TFX calls it."""
    outputs = {"examples": standard_artifacts.Examples(), "label_map": LabelMap(), "report": DatasetReport()}
    for name, artifact in outputs.items():
        artifact.uri = str(out / name)
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=list(beam_args), make_beam_pipeline_fn=make_pipeline, tmp_dir=str(out / "tmp"), unique_id="1"
    )
    properties = {"data": DataSettings(path=str(data)).to_property(), "history": str(data.parent / "history")}
    Executor(context).Do({}, {name: [one] for name, one in outputs.items()}, properties)


def files(out):
    return {path.name: path.read_bytes() for path in sorted((out / "examples").rglob("*.gz"))}


@pytest.mark.parametrize("mode", ["in_memory", "multi_threading", "multi_processing"])
def test_two_workers_write_what_one_does(shapes, tmp_path, mode):
    execute(shapes, tmp_path / "one")
    execute(shapes, tmp_path / "two", beam_args=["--direct_num_workers=2", f"--direct_running_mode={mode}"])
    assert files(tmp_path / "one") == files(tmp_path / "two") != {}


def test_files_of_a_split_differ_by_one_image_at_most(shapes, tmp_path):
    execute(shapes, tmp_path)
    counts = {
        folder.name: [sum(1 for _ in tfrecord.read_record_file(str(path))) for path in folder.iterdir()]
        for folder in (tmp_path / "examples").iterdir()
    }
    assert all(max(sizes) - min(sizes) <= 1 and max(sizes) <= 5 for sizes in counts.values())
    assert sum(map(sum, counts.values())) == IMAGES


class FaultyPipeline(beam.Pipeline):
    """Something becomes of the elements that one of its transforms gives, as a faulty runner might do it."""

    def __init__(self, transform, fault):
        super().__init__()
        self._transform, self._fault = transform, fault

    def apply(self, transform, pvalueish=None, label=None):
        result = super().apply(transform, pvalueish, label)
        return result | "Fault" >> beam.FlatMap(self._fault) if label == self._transform else result


class IdleRunner(DirectRunner):
    """Returns without an error and without having run, as the DaskRunner was seen to do."""

    def run_pipeline(self, pipeline, options):
        return super().run_pipeline(beam.Pipeline(), options)


def is_first(element):
    """The first share, by its number, or the first file of training."""
    return element[0] == 0 or "train/data_tfrecord-00000" in str(element[0])


def lose(element):
    return [] if is_first(element) else [element]


def repeat(element):
    return [element] * (1 + is_first(element))


def swap(element):
    """Loses one share and brings another one, of as many images, twice: the sums are right."""
    return {1: [], 3: [element, element]}.get(element[0], [element])


@pytest.mark.parametrize(
    ("transform", "fault", "found"),
    [
        ("SpreadShares", lose, "19 of 23 images were read, in 4 shares of 5"),
        ("SpreadShares", repeat, "27 of 23 images were read, in 6 shares of 5"),
        ("SpreadShares", swap, "23 of 23 images were read, in 5 shares of 5"),
        ("SpreadFiles", lose, "files of 5"),
        ("SpreadFiles", repeat, "files of 5"),
    ],
)
def test_what_a_runner_loses_or_repeats_fails_the_run(shapes, tmp_path, transform, fault, found):
    with pytest.raises(UserError, match="did not write all examples") as caught:
        execute(shapes, tmp_path, lambda: FaultyPipeline(transform, fault))
    assert found in caught.value.found


def test_a_runner_that_does_not_run_is_noticed_whatever_an_earlier_attempt_has_left(shapes, tmp_path):
    execute(shapes, tmp_path)
    with pytest.raises(UserError, match="did not write all examples") as caught:
        execute(shapes, tmp_path, lambda: beam.Pipeline(runner=IdleRunner()))
    assert caught.value.found == "it returned without having run"


class ForgetfulRunner(DirectRunner):
    """Does something to the files of a run that has ended well."""

    def __init__(self, out, fault):
        super().__init__()
        self._out, self._fault = out, fault

    def run_pipeline(self, pipeline, options):
        result = super().run_pipeline(pipeline, options)
        result.wait_until_finish()
        self._fault(self._out)
        return result


def cut_off(out):
    path = next(out.rglob("*.gz"))
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (cut_off, " bytes in "),
        (lambda out: next(out.rglob("*.gz")).unlink(), " is missing"),
        (lambda out: next(out.rglob("written.pickle")).unlink(), "0 of 23 records, in 0 files of 5"),
        (lambda out: next(out.rglob("judged.pickle")).unlink(), "it returned without having run"),
    ],
    ids=["cut off", "lost", "stopped before the end", "stopped at once"],
)
def test_files_are_counted_after_the_run(shapes, tmp_path, fault, found):
    with pytest.raises(UserError, match="did not write all examples") as caught:
        execute(shapes, tmp_path, lambda: beam.Pipeline(runner=ForgetfulRunner(tmp_path, fault)))
    assert found in caught.value.found


def test_an_image_that_changes_between_check_and_write_fails_the_run(shapes, tmp_path):
    def change(element):
        [pickled] = element[1]
        image: AnnotatedImage = pickle.loads(pickled).images[0]
        path = Path(image.place.path)
        path.write_bytes(path.read_bytes() + b"\0")
        return [(element[0], [pickled])]

    copy = tmp_path / "copy"
    draw_dataset(copy, images=IMAGES, size_px=64)
    with pytest.raises(UserError, match="can't be read") as caught:
        execute(copy, tmp_path, lambda: FaultyPipeline("SpreadFiles", change))
    assert caught.value.found == "it has changed since it was checked"


def test_writes_to_any_address(shapes, tmp_path, remote_folder):
    options = DataSettings(path=str(shapes))
    plan = make_plan(options.path, options)
    folders = {split: f"{remote_folder}/Split-{split}" for split in ("train", "eval")}
    with beam.Pipeline() as pipeline:
        shards.run_shards(pipeline, plan, options, folders, str(tmp_path))
    outcome = shards.load_outcome(str(tmp_path))
    assert sum(file.records for file in outcome.written) == IMAGES
    for file in outcome.written:
        assert storage.size(file.path) == file.size
        assert len([decode_example(record) for record in tfrecord.read_record_file(file.path)]) == file.records


def test_reads_from_an_address_what_it_reads_from_the_disk(shapes, tmp_path, gs_bucket):
    remote_folder = f"{gs_bucket}/{tmp_path.name}"
    for name in storage.list_tree(str(shapes)).files:
        storage.write_bytes(f"{remote_folder}/{name}", (shapes / name).read_bytes())
    here, there = DataSettings(path=str(shapes)), DataSettings(path=remote_folder)
    assert fingerprint(there) == fingerprint(here) != UNREADABLE
    on_disk, at_address = (check_dataset(options.path, options) for options in (here, there))
    assert [image.sha256 for image in at_address.images] == [image.sha256 for image in on_disk.images]
    assert [image.objects for image in at_address.images] == [image.objects for image in on_disk.images]
    folders = {split: str(tmp_path / f"Split-{split}") for split in ("train", "eval")}
    with beam.Pipeline() as pipeline:
        shards.run_shards(pipeline, make_plan(there.path, there), there, folders, str(tmp_path))
    outcome = shards.load_outcome(str(tmp_path))
    assert sum(file.records for file in outcome.written) == IMAGES
