"""What a worker is started with: the flags of Beam's containers, the rest from the provision service."""

import argparse
from types import SimpleNamespace

import pytest
from google.protobuf import struct_pb2, text_format

from deployment.engines import sdk_worker


def info(control="", logs="", **options):
    given = struct_pb2.Struct()
    given.update(options)
    return SimpleNamespace(
        control_endpoint=SimpleNamespace(url=control),
        logging_endpoint=SimpleNamespace(url=logs),
        status_endpoint=SimpleNamespace(url=""),
        pipeline_options=given,
        runner_capabilities=["beam:protocol:control_response_elements_embedding:v1"],
    )


@pytest.mark.parametrize(
    ("flags", "said"), [({}, {"control": "localhost:1", "logs": "localhost:2"}),
                        ({"control_endpoint": "localhost:1", "logging_endpoint": "localhost:2"}, {})]
)  # fmt: skip
def test_addresses_come_with_the_jobs_options_or_as_flags(flags, said):
    from apache_beam.portability.api import endpoints_pb2
    from apache_beam.runners.worker import sdk_worker_main

    blank = {"control_endpoint": "", "logging_endpoint": ""}
    args = argparse.Namespace(**{"id": "1-1", "semi_persist_dir": "/tmp", **blank, **flags})
    found = sdk_worker._environment(args, info(**said, **{"beam:option:job_name:v1": "job"}))
    for name, port in (("CONTROL", 1), ("LOGGING", 2)):
        descriptor = endpoints_pb2.ApiServiceDescriptor()
        text_format.Merge(found[f"{name}_API_SERVICE_DESCRIPTOR"], descriptor)
        assert descriptor.url == f"localhost:{port}"
    assert found["WORKER_ID"] == "1-1"
    assert sdk_worker_main._load_pipeline_options(found["PIPELINE_OPTIONS"]) == {"job_name": "job"}
