import json
import subprocess
import sys

import pytest

_PROGRAM = """
import gc, json, re
import tensorflow as tf
from coralline.foundation import memory

def resident_mib():
    with open("/proc/self/status") as f:
        return int(re.search(r"VmRSS:\\s+(\\d+)", f.read())[1]) / 1024

kept = tf.range(1 << 20)
before = resident_mib()
work = [tf.ones([mib << 18]) for mib in (30, 200, 7, 100)]
full = resident_mib()
del work
gc.collect()
kept_by_tensorflow = resident_mib()
memory.give_back()
given_back = resident_mib()
again = [tf.fill([mib << 18], 2.0) for mib in (30, 200)]
print(json.dumps({
    "before": before, "full": full, "kept by TensorFlow": kept_by_tensorflow, "given back": given_back,
    "kept tensor": int(tf.reduce_sum(kept[-2:])), "new tensor": float(tf.reduce_mean(again[1])),
}))
"""


@pytest.fixture(scope="module")
def seen():
    """What a process sees of its size that makes large tensors and gives them back."""
    if sys.platform != "linux":
        pytest.skip("memory is given back on Linux alone")
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["full"] <= seen["before"]:
        pytest.skip("this system doesn't count the memory of tensors as the process's")
    return seen


def test_gives_the_memory_of_tensors_back_to_the_system(seen):
    assert seen["given back"] - seen["before"] < (seen["full"] - seen["before"]) / 2


def test_tensors_are_whole_afterwards(seen):
    assert seen["kept tensor"] == (1 << 21) - 3
    assert seen["new tensor"] == 2.0


@pytest.mark.advice("memory._empty_tensorflow")
def test_tensorflow_still_keeps_it(seen):
    assert seen["kept by TensorFlow"] - seen["before"] > (seen["full"] - seen["before"]) / 2
