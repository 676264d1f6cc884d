"""What the trainer does with what a killed training has left."""

from components.qat_trainer.executor import _mention_unfinished_trainings
from components.qat_trainer.workspace import held, workspace


def test_a_killed_training_of_another_network_is_not_continued_and_it_is_said(tmp_path, notes):
    older, newer = (
        workspace(f"{tmp_path}/model_run/1", "/examples", "cat\n", {"train": "{}", "network_version": version})
        for version in (1, 2)
    )
    with held(older):
        pass
    _mention_unfinished_trainings(newer)
    assert older != newer
    assert notes == [
        f"1 unfinished training of other data or settings, or of another version, in {tmp_path}/.training: "
        "not continued; delete to free disk space"
    ]
