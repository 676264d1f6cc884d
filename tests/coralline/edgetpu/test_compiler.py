import sys
from pathlib import Path

import pytest

from coralline.edgetpu import compiler, compiler_output, mapping, statuses
from coralline.foundation.errors import UserError

STAND_IN = str(Path(__file__).with_name("edgetpu_compiler_stand_in.py"))


@pytest.fixture
def compile_as(monkeypatch, tmp_path, quadrant_detector):
    """`compile_as(play, ...)`: what the driver makes of the compiler in that mood."""

    def run(play, **options):
        monkeypatch.setenv("STAND_IN", play)
        (tmp_path / "model.tflite").write_bytes(quadrant_detector())
        found = compiler.search(STAND_IN).compiler
        return compiler.compile_model(found, tmp_path / "model.tflite", tmp_path, **{"timeout_s": 20, **options})

    return run


def test_finds_the_compiler_on_path_and_its_version(monkeypatch, tmp_path):
    (tmp_path / compiler.NAME).symlink_to(STAND_IN)
    monkeypatch.setenv("PATH", f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin")
    found = compiler.search().compiler
    assert found == compiler.Compiler(str(tmp_path / compiler.NAME), "16.0.384591198")


def test_auto_does_without_a_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler.require("auto") == compiler.Search(None, "edgetpu_compiler is not on PATH")
    assert compiler.require("off").compiler is None


def test_required_insists_on_a_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no usable Edge TPU compiler"):
        compiler.require("required")


def test_a_path_in_the_settings_must_be_a_compiler():
    with pytest.raises(UserError, match="doesn't say that it is an Edge TPU compiler"):
        compiler.require("auto", "/bin/true")


def test_an_old_compiler_is_not_used(monkeypatch):
    monkeypatch.setenv("STAND_IN_VERSION", "15.0.340273435")
    assert "version 15.0.340273435, older than 16" in compiler.search(STAND_IN).reason


def test_reads_what_the_compiler_says_of_a_partly_mapped_model(compile_as, tmp_path):
    result = compile_as("partial")
    assert result.failure is None and result.outputs == (tmp_path / "model_edgetpu.tflite",)
    assert (result.mapped, result.total, result.subgraphs) == (264, 267, 1)
    segment = result.segments[0]
    assert (segment.cached, segment.remaining, segment.streamed) == (round(4.21 * 2**20), round(3.29 * 2**20), 0)
    assert compiler_output.on_cpu(result.rows) == {"CUSTOM": 1, "DEQUANTIZE": 2}
    assert not result.delegate_search


def test_reads_what_the_compiler_says_of_a_wholly_mapped_model(compile_as):
    result = compile_as("all")
    assert result.failure is None and result.mapped == result.total == 267


def test_segments_are_compiled_files_of_their_own(compile_as):
    result = compile_as("all", num_segments=3)
    assert [path.name for path in result.outputs] == [f"model_segment_{i}_of_3_edgetpu.tflite" for i in range(3)]
    assert result.failure is None and len(result.segments) == 3


def test_a_segment_that_fails_behind_one_that_succeeds_is_a_failure(compile_as):
    result = compile_as("second-segment", num_segments=2)
    assert result.failure.kind == "large_activations" and result.outputs == ()


def test_fewer_segments_than_asked_for_are_a_failure():
    made = compiler._Result((Path(__file__),), (), ())
    assert "the other 1 of 2 segments" in compiler._incomplete(made, 2).found


@pytest.mark.parametrize("status", statuses.Status)
def test_every_status_is_known_by_how_it_begins_and_explained(status):
    (row,) = compiler_output.operation_rows(f"CONV_2D                        2          {status} (and more words)")
    assert row == compiler_output.OpRow("CONV_2D", 2, status) and row.status is status and status.explanation
    assert compiler_output.on_cpu([row]) == ({} if status is statuses.Status.MAPPED else {"CONV_2D": 2})


def test_a_status_that_is_not_known_is_kept_as_it_was_said():
    (row,) = compiler_output.operation_rows("CONV_2D                        2          Something new")
    assert row.status == "Something new" and compiler_output.on_cpu([row]) == {"CONV_2D": 2}


@pytest.mark.parametrize(
    ("play", "kind", "found"),
    [
        ("not-quantized", "not_quantized", "Model not quantized"),
        ("invalid", "invalid_model", "Invalid model"),
        ("unknown-op", "unknown_op_version", "'CONV_2D' version '6'"),
        ("large-activations", "large_activations", "large activation tensors"),
        ("unresolved-op", "unresolved_op", "Tflite interpreter"),
        ("dynamic", "dynamic_sizes", "dynamic-sized tensors"),
        ("internal-error", "internal_error", "Internal compiler error"),
        ("crash", "crash", "signal 11 without a message"),
        ("version-only", "no_result", "printed its version and ended with 1"),
        ("nothing", "nothing_mapped", "no operation on the Edge TPU"),
        ("no-file", "no_output_file", "model_edgetpu.tflite isn't there"),
        ("no-success", "unknown", "completed within timeout period"),
    ],
)
def test_every_known_failure_has_its_kind_and_a_mend(compile_as, play, kind, found):
    failure = compile_as(play).failure
    assert failure.kind == kind and found in failure.found and failure.fix


def test_a_compiler_that_never_ends_is_stopped(compile_as):
    result = compile_as("hang", timeout_s=1)
    assert result.failure.kind == "timeout" and result.outputs == ()


@pytest.mark.parametrize("play", ["large-activations", "crash", "internal-error"])
def test_searches_for_a_smaller_part_where_that_helps(compile_as, play):
    result = compile_as(f"{play},partial")
    assert result.failure is None and result.delegate_search and result.mapped == 264


def test_says_where_the_prediction_was_wrong(compile_as, quadrant_detector):
    wrong = compiler.differences(compile_as("partial"), mapping.predict(quadrant_detector()))
    assert wrong == ["DEQUANTIZE: 2 on the CPU, predicted 1"]
