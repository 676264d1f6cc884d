"""The devices of a training: what TF_CONFIG may say, and what a batch must be."""

import json

import pytest
import tensorflow as tf

from coralline.detector.training import distribution
from coralline.foundation.errors import UserError

pytestmark = pytest.mark.slow  # TensorFlow


def test_a_machine_with_one_device_trains_on_it_alone(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    placement = distribution.find_distribution()
    assert (placement.replicas, placement.chief, placement.mean_over_workers(0.5)) == (1, True, 0.5)
    assert placement.own("/out/model") == "/out/model"


@pytest.mark.parametrize(
    "cluster",
    [{}, {"cluster": {"worker": ["localhost:2222"]}, "task": {"type": "worker", "index": 0}}],
)
def test_a_cluster_of_one_is_no_cluster(monkeypatch, cluster):
    monkeypatch.setenv("TF_CONFIG", json.dumps(cluster))
    assert distribution.find_distribution().workers == 1


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1", "b:1"]}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "chief", "index": 0}}',
        '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_a_cluster_that_cannot_be_understood_is_refused_with_what_was_found(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match="TF_CONFIG can't be understood") as refused:
        distribution.find_distribution()
    assert refused.value.found == text and "unset TF_CONFIG" in refused.value.fix


def test_a_batch_is_shared_equally_or_refused():
    strategy = tf.distribute.get_strategy()

    class Three(distribution.Placement):
        replicas = 3

    Three(strategy).require_equal_shares(9)
    with pytest.raises(UserError, match="can't be shared") as refused:
        Three(strategy).require_equal_shares(8)
    assert refused.value.fix == "set train.batch_size to 9"


def test_what_others_write_is_thrown_away():
    worker = distribution.Placement(tf.distribute.get_strategy(), worker=1, workers=2, scratch="/tmp/scratch")
    assert worker.own("/out/model") == "/tmp/scratch/out_model" and not worker.chief
