"""The first step on Kubeflow: checks the settings of the run, and says which data there is.

`python -m deployment.entrypoint.fingerprint_data`. It imports no TFX, and takes little more than reading the data set
once. Its answer, a SHA-256 over names and contents of all files, is a parameter of VocExampleGen: the same data is then
the same task to the backend's cache.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from coralline.data.data_fingerprint import EXPECTED_CONTENT, content_of_data
from coralline.detector.warm_start.weights_source import LATEST_BLESSED
from coralline.foundation.errors import UserError
from coralline.foundation.settings_section import VERSION_KEY
from deployment.entrypoint.executor_input import read_executor_input, run_settings
from deployment.entrypoint.executor_output import write_parameters
from deployment.entrypoint.process_end import run_to_its_end


def fingerprint_data(given: Any, settings: dict[str, Any], run_parameters: dict[str, str]) -> None:
    """Writes an ExecutorOutput with the content of the data set.

    Args:
      given: the launcher's ExecutorInput.
      settings: sections of the configuration as the compiled pipeline has them, without defaults.
      run_parameters: parameter -> setting.

    Raises:
      UserError: a setting that the run was given can't be, or the data can't be read.
    """
    from pipeline.config import load_config

    compiled = {
        f"{section}.{key}": value
        for section, values in settings.items()
        for key, value in values.items()
        if key != VERSION_KEY
    }
    _require_warm_start_step(compiled, overrides := run_settings(given, run_parameters))
    config = load_config(None, compiled | overrides)
    content = content_of_data(config.data)
    print(f"data {config.data.path}: content {content}", flush=True)
    write_parameters({EXPECTED_CONTENT: content}, given.outputs.output_file)


def _require_warm_start_step(compiled: dict[str, Any], given: dict[str, Any]) -> None:
    key = "model.warm_start"
    if given.get(key) == LATEST_BLESSED and compiled.get(key) != LATEST_BLESSED:
        raise UserError(
            "the pipeline was compiled without the address at which a run would look for the latest blessed model",
            expected=f"{compiled.get(key)}, or another place of weights",
            found=f"{key}: {LATEST_BLESSED}",
            fix=f"compile it with {key}={LATEST_BLESSED}",
        )


def main() -> None:
    """The container's command."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--executor_input", required=True)
    parser.add_argument("--settings", required=True)
    parser.add_argument("--run_parameters", default="{}")
    args = parser.parse_args(sys.argv[1:])
    run_to_its_end(
        lambda: fingerprint_data(
            read_executor_input(args.executor_input), json.loads(args.settings), json.loads(args.run_parameters)
        )
    )


if __name__ == "__main__":
    main()
