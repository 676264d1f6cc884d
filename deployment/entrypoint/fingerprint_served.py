"""The step before ServedModelImporter on Kubeflow: says which published model the candidate would replace.

`python -m deployment.entrypoint.fingerprint_served`. It imports no TFX. What ServedModelImporter's driver adds to the
cache key of a local run, version and content, is its answer here.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from typing import Any

from coralline.foundation import storage
from coralline.publishing import bundle, served_model
from deployment.entrypoint.executor_input import read_executor_input
from deployment.entrypoint.executor_output import write_parameters
from deployment.entrypoint.launcher_mirror import LauncherMirror, mirror_of
from deployment.entrypoint.process_end import run_to_its_end


def fingerprint_served(given: Any, mirror: LauncherMirror) -> None:
    """Writes an ExecutorOutput with `served_version` (empty: nothing is there) and `served_content`.

    Args:
      given: the launcher's ExecutorInput, with `tflite_model` and `published_at`.
      mirror: where artifacts lie.

    Raises:
      UserError: the place can't be read.
    """
    published_at = given.inputs.parameter_values["published_at"].string_value
    (candidate,) = given.inputs.artifacts["tflite_model"].artifacts
    model = storage.read_bytes(os.path.join(mirror.path_of(candidate.uri), bundle.MODEL))
    sha256 = hashlib.sha256(model).hexdigest()
    replaced = served_model.to_be_replaced(published_at, sha256)
    served = served_model.served_now(published_at)
    if served is not None and served.sha256 == sha256:
        print(f"no new model: this very one is served already, as {served.version}", flush=True)
    content = served_model.content_of(replaced)
    version = "" if replaced is None else replaced.version
    print(f"the baseline in {published_at} is {version or 'nothing'} ({content})", flush=True)
    write_parameters({"served_version": version, "served_content": content}, given.outputs.output_file)


def main() -> None:
    """The container's command."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--executor_input", required=True)
    parser.add_argument("--artifacts", default="")
    args = parser.parse_args(sys.argv[1:])
    run_to_its_end(lambda: fingerprint_served(read_executor_input(args.executor_input), mirror_of(args.artifacts)))


if __name__ == "__main__":
    main()
