"""Which checkpoint of a phase is kept, over the runs that it takes."""

import numpy as np
import pytest
import tensorflow as tf

from coralline.detector.training.distribution import Placement
from coralline.detector.training.selection import Selection

pytestmark = pytest.mark.slow  # TensorFlow


class Model:
    """One weight, and the selection that keeps the best of its values."""

    def __init__(self, folder, margin=0.0):
        self.weight = tf.Variable(0.0)
        self.selection = Selection(
            str(folder), tf.train.Checkpoint(weight=self.weight), Placement(tf.distribute.get_strategy()), margin
        )

    def comes_by(self, step, score, of_halves=()):
        self.weight.assign(float(step))
        self.selection.take(step, score, of_halves)

    def restored(self):
        self.selection.restore()
        return float(self.weight)


def test_the_best_is_kept_and_the_last_of_equals(tmp_path):
    model = Model(tmp_path)
    for step, score in ((10, 0.1), (20, 0.4), (30, 0.4), (40, 0.2)):
        model.comes_by(step, score)
    assert model.restored() == 30 and model.selection.as_json() == {"step": 30, "AP": 0.4}
    assert (
        sorted(path.name.split(".")[0] for path in tmp_path.iterdir() if path.name != "scores.json") == ["step-30"] * 2
    )


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ([0.50, 0.49, 0.30], 2),  # the second isn't clearly worse
        ([0.50, 0.49, 0.53], 3),
        ([0.50, 0.485, 0.53, 0.50], 3),
        ([0.40, 0.50, 0.481, 0.479], 3),
    ],
)
def test_of_scores_that_differ_by_chance_alone_the_last_is_kept(tmp_path, scores, kept):
    model = Model(tmp_path, margin=0.02)
    for step, score in enumerate(scores, start=1):
        model.comes_by(step, score)
    assert model.restored() == kept == Model(tmp_path, margin=0.02).restored()


def test_a_resumed_run_knows_of_the_best_one_before_it(tmp_path):
    killed = Model(tmp_path)
    killed.comes_by(10, 0.4)
    killed.comes_by(20, 0.3)
    resumed = Model(tmp_path)
    resumed.comes_by(30, 0.35)
    assert resumed.restored() == 10
    resumed.comes_by(40, 0.5)
    assert Model(tmp_path).restored() == 40


def test_a_checkpoint_that_was_written_but_not_noted_is_not_taken_for_the_best(tmp_path):
    killed = Model(tmp_path)
    killed.comes_by(10, 0.4)
    (tmp_path / "step-20.index").write_bytes(b"half")
    assert Model(tmp_path).restored() == 10


def test_without_any_evaluation_the_model_stays_as_it_is(tmp_path):
    model = Model(tmp_path)
    model.weight.assign(7.0)
    assert model.restored() == 7.0 and model.selection.best is None


def test_optimism_is_what_a_half_gains_by_its_own_choice(tmp_path):
    model = Model(tmp_path)
    for step, (first, second) in enumerate([(0.5, 0.4), (0.7, 0.3), (0.4, 0.6)], start=1):
        model.comes_by(step, (first + second) / 2, (first, second))
    # The first half chooses step 2, the second step 3.
    for selection in (model.selection, Model(tmp_path).selection):
        assert selection.optimism == pytest.approx(((0.7 - 0.4) + (0.6 - 0.3)) / 2)
        assert selection.as_json() == {"step": 3, "AP": 0.5, "optimism": selection.optimism}


def test_halves_that_choose_alike_show_no_optimism(tmp_path):
    model = Model(tmp_path)
    for step, score in enumerate((0.2, 0.4, 0.3), start=1):
        model.comes_by(step, score, (score, score - 0.1))
    assert model.selection.optimism == 0


@pytest.mark.parametrize(("evaluations", "stalled"), [(None, False), (3, False), (2, True), (1, True)])
def test_a_plateau_is_so_many_evaluations_without_a_better_one(tmp_path, evaluations, stalled):
    model = Model(tmp_path)
    for step, score in enumerate(np.array([0.1, 0.5, 0.4, 0.3])):
        model.comes_by(step, float(score))
    assert model.selection.stalled(evaluations) is stalled
    assert Model(tmp_path).selection.stalled(evaluations) is stalled, "after a restart too"
