"""A Beam worker of this environment, as an engine starts it: `python -m deployment.engines.sdk_worker`.

It takes the place of the `boot` program of Beam's own containers, by the same contract
(https://beam.apache.org/contribute/runner-guide, sdks/python/container/boot.go): the flags below, addresses and the
job's options from the provision service. Nothing is fetched or installed: the environment and its code are those of the
one image, which every worker has. `deployment/engines/sdk_worker` is the program to name to an engine.

It ends with the engine: when its task manager is gone, so is the stream that it listens to.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from typing import Any

_SECONDS = 60


def main() -> None:
    """What the engine executes."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    # Older runners give these too; newer ones say them with the job's options.
    parser.add_argument("--control_endpoint", default="")
    parser.add_argument("--logging_endpoint", default="")
    parser.add_argument("--semi_persist_dir", default="/tmp")
    args, _ = parser.parse_known_args()
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"google\.")
    os.environ.update(_environment(args, _provisioned(args.provision_endpoint, args.id)))
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)


def _environment(args: argparse.Namespace, info: Any) -> dict[str, str]:
    """What Beam's worker reads, its addresses as text protos."""
    from google.protobuf import json_format

    control = info.control_endpoint.url or args.control_endpoint
    logs = info.logging_endpoint.url or args.logging_endpoint
    found = {
        "WORKER_ID": args.id,
        "LOGGING_API_SERVICE_DESCRIPTOR": f"url: {json.dumps(logs)}",
        "CONTROL_API_SERVICE_DESCRIPTOR": f"url: {json.dumps(control)}",
        "SEMI_PERSISTENT_DIRECTORY": args.semi_persist_dir,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }
    if info.status_endpoint.url:
        found["STATUS_API_SERVICE_DESCRIPTOR"] = f"url: {json.dumps(info.status_endpoint.url)}"
    return found


def _provisioned(endpoint: str, worker_id: str) -> Any:
    """The job's ProvisionInfo."""
    import grpc
    from apache_beam.portability.api import beam_provision_api_pb2, beam_provision_api_pb2_grpc

    with grpc.insecure_channel(endpoint) as channel:
        stub = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        # The call says which worker asks, in its metadata.
        return stub.GetProvisionInfo(request, timeout=_SECONDS, metadata=[("worker_id", worker_id)]).info


if __name__ == "__main__":
    main()
