"""Curves out of TensorBoard's event files, as the trainer leaves them."""

import tensorflow as tf

from components.evaluator.training_events import read_training


def write_events(folder, scalars, begin=0):
    with tf.summary.create_file_writer(str(folder)).as_default():
        tf.summary.image("eval/found", tf.zeros([1, 4, 4, 3]), step=begin)
        for step, (loss, ap) in enumerate(scalars, start=begin):
            tf.summary.scalar("training_loss", loss, step=step)
            tf.summary.scalar("eval/AP", ap, step=step)


def test_reads_both_phases_and_what_was_kept(tmp_path):
    write_events(tmp_path / "float", [(2.0, 0.1), (1.0, 0.5)])
    write_events(tmp_path / "qat", [(0.5, 0.6)])
    first, second = read_training(str(tmp_path), {"float": {"step": 1, "AP": 0.5}})
    assert (first.name, first.kept_step) == ("float", 1)
    assert [(step, round(value, 3)) for step, value in first.loss] == [(0, 2.0), (1, 1.0)]
    assert [(step, round(value, 3)) for step, value in first.ap] == [(0, 0.1), (1, 0.5)] and first.ap50 == []
    assert (second.name, second.kept_step) == ("quantization-aware", None)


def test_a_resumed_training_has_one_curve(tmp_path):
    write_events(tmp_path / "float", [(2.0, 0.1), (1.5, 0.2)])
    write_events(tmp_path / "float", [(1.4, 0.3), (1.2, 0.4)], begin=1)
    [phase] = read_training(str(tmp_path), {})
    assert [(step, round(value, 3)) for step, value in phase.loss] == [(0, 2.0), (1, 1.4), (2, 1.2)]


def test_no_number_and_the_end_of_a_killed_training_are_left_out(tmp_path):
    write_events(tmp_path / "float", [(2.0, 0.1), (float("nan"), 0.2), (1.0, 0.3)])
    [file] = (tmp_path / "float").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    [phase] = read_training(str(tmp_path), {})
    assert [step for step, _ in phase.loss] == [0, 2] and [step for step, _ in phase.ap] == [0, 1]


def test_without_event_files_there_is_nothing_to_show(tmp_path):
    assert read_training(str(tmp_path), {}) == []
