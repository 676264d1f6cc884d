"""What VocExampleGen does: plan, check and write on Beam, count, report."""

from __future__ import annotations

import collections
import contextlib
import datetime
import gc
import os
from collections.abc import Iterator
from typing import Any

from tfx import types
from tfx.types import artifact_utils

from components.beam_engine import EngineExecutor
from components.record_counts import note_records
from components.voc_example_gen import shards
from components.voc_example_gen.driver import describe_examples
from components.voc_example_gen.recorded_data import record_data, write_images
from coralline.data.annotated_image import Split
from coralline.data.data_fingerprint import EXPECTED_CONTENT, FINGERPRINT_PROPERTY, fingerprint
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import Plan, make_plan
from coralline.data.judging.problems import as_error, failing
from coralline.data.judging.split import SPLITS
from coralline.data.records.label_map import LABEL_MAP_FILE
from coralline.data_report.comparison import compare_data, summary_of
from coralline.data_report.data_figures import DataFigures, write_data_report
from coralline.data_report.data_history import DataHistory
from coralline.foundation import progress, storage
from coralline.foundation.code_version import stamp
from coralline.foundation.errors import UserError, reason


class Executor(EngineExecutor):
    """Runs in the pipeline's process, or in its own container on a cluster; its Beam pipeline there or on an engine."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See VocExampleGen.

        Raises:
          UserError: something in the data must be fixed, or not every image was written.
        """
        with _libraries_not_collected():
            self._make_examples(output_dict, exec_properties)

    def _make_examples(self, output_dict: dict[str, list[types.Artifact]], exec_properties: dict[str, Any]) -> None:
        options = DataSettings.from_property(exec_properties["data"])
        examples, label_map, report = (
            artifact_utils.get_single_instance(output_dict[key]) for key in ("examples", "label_map", "report")
        )
        examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
        plan = make_plan(options.path, options)
        folders = {split: artifact_utils.get_split_uri([examples], split) for split in SPLITS}
        outcome = self._run(plan, options, folders)
        _require_all_written(plan, outcome, folders)
        dataset = outcome.judged.dataset
        examples.split_names = artifact_utils.encode_split_names(list(dataset.splits))
        with _writing_to(label_map.uri):
            dataset.label_map.write(os.path.join(label_map.uri, LABEL_MAP_FILE))
        # Without a driver (Kubeflow Pipelines runs none), the content is recorded now.
        known = exec_properties.get(FINGERPRINT_PROPERTY) or fingerprint(options)
        _require_content(exec_properties.get(EXPECTED_CONTENT), known, options.path)
        _describe(examples, known)
        counts = collections.Counter(image.split for image in dataset.images)
        note_records(examples, {split: counts[split] for split in dataset.splits})
        figures = DataFigures.of(options.path, dataset)
        content = figures.as_json()
        content["compared"] = _compare(DataHistory(exec_properties["history"]), content, known)
        with _writing_to(report.uri):
            write_data_report(report.uri, content, figures)
            write_images(report.uri, dataset)
        record_data(examples, report, dataset, options, content, known)
        for artifact in (examples, label_map, report):
            stamp(artifact)
        progress.note(_sentence(content))
        if content["compared"] and content["compared"]["sentences"]:
            progress.note("since the last data: " + "; ".join(content["compared"]["sentences"]))

    def _run(self, plan: Plan, options: DataSettings, folders: dict[Split, str]) -> shards.ShardsOutcome:
        with self.scratch(folders["train"].rsplit("/", 1)[0]) as scratch:
            with self._make_beam_pipeline() as pipeline:
                shards.run_shards(pipeline, plan, options, folders, scratch, self.on_engine)
            outcome = shards.load_outcome(scratch)
        if outcome is None:
            raise _incomplete("it returned without having run")
        return outcome


@contextlib.contextmanager
def _libraries_not_collected() -> Iterator[None]:
    """Within it, the garbage collector passes over the 600,000 objects that TensorFlow and TFX keep.

    Going through them once takes .3 s, a tenth of what 5,000 images take. Only within it: a local run trains in this
    very process, and what is frozen then stays in memory even if nothing holds it any more.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def _writing_to(folder: str) -> Iterator[None]:
    """Turns errors such as a full disk into a message."""
    try:
        yield
    except OSError as e:
        raise as_error([shards.unwritable(folder, reason(e))]) from e


def _compare(history: DataHistory, content: dict[str, Any], known: str) -> dict[str, Any] | None:
    """How the data differs from the last one with another content; None without one. Leaves this one for the next.

    A folder that can't be read or written costs the comparison, not the run.
    """
    now = summary_of(content, known, f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%SZ}")
    try:
        before = history.before(known)
        history.add(now)
    except OSError as e:
        progress.note(f"this data can't be compared with that of other runs: {e}")
        return None
    return None if before is None else compare_data(before, now)


def _require_content(expected: str | None, known: str, path: str) -> None:
    """The cache of a cluster would give these examples to later runs whose data is what the run began with.

    Raises:
      UserError: it has changed since.
    """
    if expected is not None and expected != known:
        raise UserError(
            "the data has changed while the run was reading it",
            file=path,
            expected=f"content {expected}",
            found=known,
            fix="start another run when nothing writes there any more",
        )


def _require_all_written(plan: Plan, outcome: shards.ShardsOutcome, folders: dict[Split, str]) -> None:
    """Counts what came back against what was planned, and what is in the files against what came back.

    Raises:
      UserError: a problem that must stop the run, or images that got lost or came twice on the way.
    """
    planned = [(number, len(share)) for number, share in enumerate(shards.list_shares(plan))]
    if list(outcome.judged.read) != planned:
        read = sum(count for _, count in outcome.judged.read)
        raise _incomplete(
            f"{read} of {len(plan.entries)} images were read, in {len(outcome.judged.read)} shares of {len(planned)}"
        )
    if wrong := failing(outcome.judged.dataset.problems):
        raise as_error(wrong)
    if wrong := [problem for written in outcome.written for problem in written.problems]:
        raise as_error([problem for problem in wrong if problem.kind == shards.UNWRITABLE][:1] or wrong)
    written = sorted((file.path, file.records) for file in outcome.written)
    expected = sorted((file.path, len(file.images)) for file in shards.files_to_write(outcome.judged.dataset, folders))
    if written != expected:
        records, wanted = (sum(count for _, count in files) for files in (written, expected))
        raise _incomplete(f"{records} of {wanted} records, in {len(written)} files of {len(expected)}")
    for file in outcome.written:
        if not storage.exists(file.path):
            raise _incomplete(f"{file.path} is missing")
        if storage.size(file.path) != file.size:
            raise _incomplete(f"{storage.size(file.path)} of {file.size} bytes in {file.path}")


def _incomplete(found: str) -> UserError:
    return UserError(
        "the Beam runner did not write all examples",
        expected="every checked image in a TFRecord file",
        found=found,
        fix="use another Beam runner (the direct runner is known to work), or look into its log",
    )


def _describe(examples: types.Artifact, content: str) -> None:
    """Sets the properties that TFX's own components read."""
    from tfx.components.util import examples_utils
    from tfx.proto import example_gen_pb2

    describe_examples(examples.mlmd_artifact, content)
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)  # type: ignore[attr-defined]
    examples_utils.set_file_format(examples, "tfrecords_gzip")


def _sentence(content: dict[str, Any]) -> str:
    sides = ", ".join(f"{count} {split}" for split, count in content["splits"].items())
    text = (
        f"{progress.counted(content['images'], 'image')} ({sides}), {progress.counted(content['boxes'], 'box')} "
        f"of {progress.counted(len(content['classes']), 'class')}, "
        f"{content['reader']} layout; {content['split_rule']}"
    )
    dropped = sum(problem["policy"] == "drop" for problem in content["problems"])
    fixed = sum(problem["policy"] == "fix" for problem in content["problems"])
    return text + (f"; {dropped} left out" if dropped else "") + (f"; {fixed} fixed" if fixed else "")
