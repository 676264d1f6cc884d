"""What is told when Beam fails on an engine, and what comes of an engine that says it's done and isn't."""

import pickle

import apache_beam as beam
import pytest
from tfx.types import standard_artifacts

from components import beam_engine
from components.beam_engine import EngineExecutor, runs_on_engine, told_by_engine
from components.evaluator import engine_inference
from components.record_counts import note_records, written_records
from components.statistics_gen.executor import require_whole
from coralline.foundation.errors import UserError

PORTABLE = ["--runner=PortableRunner", "--job_endpoint=localhost:1", "--sdk_container_image=coralline"]


@pytest.mark.parametrize(
    ("args", "elsewhere"),
    [
        ([], False),
        (["--runner=DirectRunner"], False),
        (["--runner=apache_beam.runners.direct.DirectRunner"], False),
        (["--direct_num_workers=2", "--direct_running_mode=multi_processing"], False),
        (PORTABLE, True),
        (["--runner=FlinkRunner"], True),
        (["--runner=DataflowRunner"], True),
    ],
)
def test_which_flags_send_the_work_elsewhere(args, elsewhere):
    assert runs_on_engine(args) == elsewhere


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "Pipeline BeamApp-root-1_2-3 failed in state FAILED: java.util.concurrent.TimeoutException: The heartbeat "
            "of TaskManager with id localhost:1 timed out.\n\tat x",
            "FAILED: java.util.concurrent.TimeoutException: The heartbeat of TaskManager with id localhost:1 "
            "timed out.",
        ),
        (
            "Pipeline p failed in state FAILED: java.lang.RuntimeException: Error received from SDK harness for "
            'instruction 4: Traceback (most recent call last):\n  File "x.py", line 1, in f\n'
            "PermissionError: [Errno 13] Permission denied: '/data'\n\n\tat org.apache.beam",
            "PermissionError: [Errno 13] Permission denied: '/data'",
        ),
        (
            "Pipeline job-001 failed in state FAILED: prism error building stage stage-001: \nunknown coder urn key: x",
            "FAILED: prism error building stage stage-001: unknown coder urn key: x",
        ),
        ("", "RuntimeError"),
    ],
)
def test_what_an_engine_says_is_one_line(said, told):
    assert told_by_engine(RuntimeError(said)) == told


def executor(tmp_path, args=PORTABLE):
    return EngineExecutor.Context(beam_pipeline_args=list(args), tmp_dir=str(tmp_path / "tmp"), unique_id="1")


class Doing(EngineExecutor):
    def Do(self, *_):
        raise NotImplementedError


def test_a_job_server_that_isnt_there_is_one_message(tmp_path):
    doing = Doing(executor(tmp_path, [*PORTABLE, "--job_server_timeout=1"]))
    watched = doing._make_beam_pipeline()
    with pytest.raises(UserError, match="the Beam engine hasn't done its work") as told, watched as pipeline:
        pipeline | beam.Create([1])
    assert told.value.found == "the job server didn't answer in time"


def test_ctrl_c_cancels_the_job(tmp_path, monkeypatch):
    cancelled = []

    class Interrupted:
        class result:
            cancel = staticmethod(lambda: cancelled.append(True))

        def __exit__(self, *_):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        beam_engine._WatchedPipeline(Interrupted()).__exit__(None, None, None)
    assert cancelled == [True]


class Pipeline:
    """Ends each run with the next of these errors, then well."""

    def __init__(self, *errors):
        self.errors, self.runs = list(errors), 0

    def run(self):
        self.runs += 1
        return self

    def wait_until_finish(self):
        if self.errors:
            raise self.errors.pop(0)

    def __exit__(self, error_type, *_):
        if error_type is None:
            self.run().wait_until_finish()


LOST = RuntimeError("Pipeline x failed in state FAILED: java.lang.Exception: the worker is gone")
OF_CODE = RuntimeError("Pipeline x failed in state FAILED: java.lang.Exception:\nValueError: not a picture\n at x")


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(beam_engine, "_BEFORE_A_RETRY_S", 0)


def test_a_job_that_the_engine_gave_up_is_sent_again(at_once, caplog):
    pipeline = Pipeline(LOST, LOST)
    assert not beam_engine._WatchedPipeline(pipeline, 2).__exit__(None, None, None)
    assert pipeline.runs == 3
    assert "the worker is gone); it is sent again (2 of 2)" in caplog.text


@pytest.mark.parametrize(
    ("errors", "retries", "runs", "found"),
    [
        ((LOST, LOST), 1, 2, "FAILED: java.lang.Exception: the worker is gone"),
        ((LOST,), 0, 1, "FAILED: java.lang.Exception: the worker is gone"),
        ((OF_CODE,), 3, 1, "ValueError: not a picture"),
        ((LOST, OF_CODE), 3, 2, "ValueError: not a picture"),
        ((ConnectionError("no server"),), 3, 1, "no server"),
    ],
)
def test_others_and_the_last_are_told(at_once, errors, retries, runs, found):
    pipeline = Pipeline(*errors)
    with pytest.raises(UserError, match="the Beam engine hasn't done its work") as told:
        beam_engine._WatchedPipeline(pipeline, retries).__exit__(None, None, None)
    assert (told.value.found, pipeline.runs) == (found, runs)


def test_what_fails_before_the_job_is_sent_isnt_tried_again(at_once):
    pipeline = Pipeline()
    assert not beam_engine._WatchedPipeline(pipeline, 3).__exit__(ValueError, ValueError("x"), None)
    assert pipeline.runs == 0


def test_the_number_of_retries_isnt_a_flag_for_beam(tmp_path):
    doing = Doing(executor(tmp_path, [*PORTABLE, "--engine_retries=2"]))
    assert doing._make_beam_pipeline()._retries == 2
    assert not any("retries" in arg for arg in doing._beam_pipeline_args)


def test_scratch_lies_beside_the_output_on_an_engine_and_goes(tmp_path):
    with Doing(executor(tmp_path)).scratch(str(tmp_path / "examples" / "1")) as folder:
        assert folder.startswith(str(tmp_path / "examples" / ".beam-"))
        (tmp_path / "examples").mkdir()
        beam_engine.storage.write_bytes(f"{folder}/x", b"")
    assert list((tmp_path / "examples").iterdir()) == []
    with Doing(executor(tmp_path, [])).scratch(str(tmp_path / "examples" / "1")) as folder:
        assert folder.startswith(str(tmp_path / "tmp"))


def statistics(count):
    from tensorflow_metadata.proto.v0 import statistics_pb2

    made = statistics_pb2.DatasetFeatureStatisticsList()
    made.datasets.add(num_examples=count)
    return made.SerializeToString()


@pytest.mark.parametrize(
    ("content", "records", "found"),
    [
        (None, 4, "no file: the runner returned without having run"),
        (statistics(3), 4, "those of 3"),
        (statistics(4)[:-1] + b"\xff\xff", 4, "a file that can't be read"),
        (b"", None, "those of 0"),
    ],
)
def test_statistics_that_arent_whole_are_refused(tmp_path, content, records, found):
    path = tmp_path / "FeatureStats.pb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match="did not make the statistics of split eval") as told:
        require_whole("eval", str(path), records)
    assert found in told.value.found


def test_whole_statistics_are_taken(tmp_path):
    (tmp_path / "FeatureStats.pb").write_bytes(statistics(4))
    require_whole("eval", str(tmp_path / "FeatureStats.pb"), 4)
    require_whole("eval", str(tmp_path / "FeatureStats.pb"), None)


def test_counts_travel_with_the_examples():
    examples = standard_artifacts.Examples()
    examples.split_names = '["train", "eval"]'
    assert written_records(examples) == {}
    note_records(examples, {"train": 7, "eval": 2})
    assert written_records(examples) == {"train": 7, "eval": 2}


@pytest.mark.parametrize(
    ("parts", "counts", "found"),
    [
        ({}, None, "it returned without having run"),
        ({0: 2}, [(0, 2)], "1 of 2 files"),
        ({0: 2, 1: 1}, [(0, 2), (1, 2)], "1 of 2 images of b"),
        ({0: 2, 1: 1}, [(0, 2), (1, 1)], "3 images"),
    ],
)
def test_detections_that_are_missing_are_refused(tmp_path, parts, counts, found):
    from coralline.scoring.inference import Evaluated

    for number, images in parts.items():
        evaluated = Evaluated([None] * images, {"int8": [None] * images})
        (tmp_path / f"scored-{number:05d}.pickle").write_bytes(pickle.dumps(evaluated))
    if counts is not None:
        (tmp_path / "scored.pickle").write_bytes(pickle.dumps(counts))
    with pytest.raises(UserError, match="did not score all images") as told:
        engine_inference.load_evaluated(["a", "b"], str(tmp_path), images=4)
    assert told.value.found == found


def test_a_mistake_on_a_worker_comes_back_as_it_was(tmp_path):
    mistake = UserError("the image can't be read", file="x.png", fix="replace it")
    (tmp_path / "scored-00000.pickle").write_bytes(pickle.dumps(mistake.fields()))
    (tmp_path / "scored.pickle").write_bytes(pickle.dumps([(0, 0)]))
    with pytest.raises(UserError, match=r"x\.png: the image can't be read"):
        engine_inference.load_evaluated(["a"], str(tmp_path), images=4)
