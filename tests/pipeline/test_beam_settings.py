"""The `beam` section: which flags it becomes, what it refuses, and that where the work runs is no part of a result."""

import json
import os
import socket
from pathlib import Path

import pytest
from apache_beam.options import pipeline_options

from coralline.foundation.errors import UserError
from pipeline.beam_settings import BeamSettings, beam_args, require_engine
from pipeline.config import load_config

DATAFLOW = {
    "runner": "dataflow",
    "project": "p",
    "region": "europe-west4",
    "temp_location": "gs://b/tmp",
    "image": "registry/coralline@sha256:12",
}


def options(**settings):
    """What Beam itself reads from the flags."""
    return pipeline_options.PipelineOptions(beam_args(BeamSettings(**settings))).get_all_options()


def test_the_direct_runner_in_one_process_has_no_flag():
    assert beam_args(BeamSettings()) == beam_args(BeamSettings(workers=1)) == []


def test_several_processes_of_the_direct_runner():
    found = options(workers=3)
    assert (found["direct_running_mode"], found["direct_num_workers"]) == ("multi_processing", 3)


@pytest.mark.parametrize("runner", ["flink", "spark", "portable"])
def test_a_job_server_and_workers_as_processes(runner):
    found = options(runner=runner, job_endpoint="flink:8099")
    assert (found["runner"], found["job_endpoint"]) == ("PortableRunner", "flink:8099")
    assert found["environment_type"] == "PROCESS"
    command = json.loads(found["environment_config"])["command"]
    assert os.access(command, os.X_OK)
    assert Path(command).parts[-3:] == ("deployment", "engines", "sdk_worker")


def test_options_of_flink():
    found = options(runner="flink", job_endpoint="flink:8099", parallelism=4)
    assert found["parallelism"] == 4
    assert "--engine_retries=2" in beam_args(BeamSettings(runner="flink", job_endpoint="flink:8099", retries=2))


def test_a_job_server_of_beams_own():
    found = options(runner="flink", master="flink:8081", job_server_jar="/j.jar", environment="loopback")
    assert (found["runner"], found["flink_master"], found["flink_job_server_jar"]) == (
        "FlinkRunner",
        "flink:8081",
        "/j.jar",
    )
    found = options(runner="spark", master="spark://s:7077", job_server_jar="/j.jar")
    assert (found["runner"], found["spark_master_url"]) == ("SparkRunner", "spark://s:7077")


def test_a_pool_and_containers_as_workers():
    found = options(
        runner="portable", job_endpoint="e:1", environment="external", environment_address="localhost:50000"
    )
    assert (found["environment_type"], found["environment_config"]) == ("EXTERNAL", "localhost:50000")
    args = beam_args(
        BeamSettings(runner="portable", job_endpoint="e:1", environment="docker"), "registry/image@sha256:1"
    )
    assert "--environment_config=registry/image@sha256:1" in args


def test_dataflow():
    found = options(**DATAFLOW, workers=2, max_workers=9, service_account="s@p.iam.gserviceaccount.com")
    assert (found["runner"], found["project"], found["num_workers"], found["max_num_workers"]) == (
        "DataflowRunner", "p", 2, 9,
    )  # fmt: skip
    assert found["sdk_container_image"] == DATAFLOW["image"]
    assert found["service_account_email"] == "s@p.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    "settings",
    [{"workers": 2}, {"runner": "flink", "job_endpoint": "e:1"}, {"runner": "portable", "job_endpoint": "e:1"}],
)
def test_tfx_packs_nothing_for_the_workers(settings, monkeypatch):
    """If it did, it would build a package first and have it installed on every worker."""
    from tfx.utils import dependency_utils

    monkeypatch.setattr(dependency_utils, "build_ephemeral_package", lambda: pytest.fail("TFX packs itself"))
    args = beam_args(BeamSettings(**settings))
    assert dependency_utils.make_beam_dependency_flags(args) == args


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"parallelism": 2}, "`beam.parallelism` is no option of the runner `direct`"),
        ({"runner": "dataflow", "retries": 1}, "`beam.retries` is no option of the runner `dataflow`"),
        ({"runner": "flink"}, "it isn't said where flink is"),
        ({"runner": "flink", "master": "e:1"}, "the runner `flink` needs `beam.job_server_jar`"),
        ({"runner": "flink", "master": "e:1", "job_endpoint": "e:2"}, "are both given"),
        ({"runner": "portable"}, "needs `beam.job_endpoint`"),
        ({"runner": "portable", "job_endpoint": "e:1", "environment": "docker"}, "needs `beam.image`"),
        ({"runner": "portable", "job_endpoint": "e:1", "environment": "external"}, "needs `beam.environment_address`"),
        (
            {"runner": "portable", "job_endpoint": "e:1", "environment": "loopback", "environment_command": "/w"},
            "`beam.environment_command` is no option of the environment `loopback`",
        ),
        ({**DATAFLOW, "project": None}, "the runner `dataflow` needs `beam.project`"),
        ({**DATAFLOW, "image": None}, "the runner `dataflow` needs `beam.image`"),
    ],
)
def test_options_that_dont_fit_are_refused(settings, what):
    with pytest.raises(UserError) as told:
        beam_args(BeamSettings(**settings))
    assert what in told.value.what
    assert told.value.fix


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("beam.runer", "flink"),
        ("beam.runner", "flnk"),
        ("beam.job_endpoint", "http://flink:8099"),
        ("beam.parallelism", 0),
        ("beam.temp_location", "/tmp"),
    ],
)
def test_a_typing_error_is_refused_with_the_setting(key, value):
    with pytest.raises(UserError, match=key):
        load_config(None, {key: value})


def test_an_engine_that_isnt_there_is_told_before_the_run():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"localhost:{free.getsockname()[1]}"
    with pytest.raises(UserError, match=r"no Beam engine answers at beam\.job_endpoint") as told:
        require_engine(BeamSettings(runner="flink", job_endpoint=address))
    assert address in told.value.found
    with pytest.raises(UserError, match=r"no Beam engine answers at beam\.master"):
        require_engine(BeamSettings(runner="flink", master=f"http://{address}", job_server_jar="/j.jar"))
    with pytest.raises(UserError, match="no Beam engine answers"):
        require_engine(BeamSettings(runner="flink", job_endpoint="localhost:99999"))
    require_engine(BeamSettings())
