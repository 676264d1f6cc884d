"""Runs the pipeline on this machine: Beam here or on an engine, ML Metadata in SQLite under the output folder.

`coralline run` comes here, and so does TFX's own command line:

    tfx pipeline create --engine=local --pipeline-path pipeline/local_runner.py
    tfx run create --engine=local --pipeline-name coralline

TFX's command line passes no settings on: the configuration is the file named in CORALLINE_CONFIG, else coralline.yaml
in the working directory.
"""

from __future__ import annotations

import datetime
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from coralline.foundation import progress

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.preflight import Preflight
    from pipeline.running.local_dag_runner import Listener
    from pipeline.running.run_facts import RunCall

_JUDGEMENTS = 3
"""How often a model is judged while what is served changes under it; then it's left to the next run."""
_HERE = os.path.dirname(os.path.realpath(__file__))


def new_run_id() -> str:
    """The local time, and four digits that keep two runs of one second apart."""
    return f"{datetime.datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def with_absolute_paths(config: Config) -> Config:
    """The configuration with every local path absolute, so that the same settings are the same from any folder."""
    files = ("path", "label_map", "train_list", "eval_list", "test_list")
    data = {key: _absolute(getattr(config.data, key)) for key in files}
    return config.model_copy(
        update={
            "data": config.data.model_copy(update=data),
            "model": config.model.model_copy(update={"warm_start": _absolute_warm_start(config.model.warm_start)}),
            "push": config.push.model_copy(update={"to": _absolute(config.push.to)}),
            "out": _absolute(config.out),
        }
    )


def _absolute(path: str | None) -> str | None:
    return path if not path or "://" in path else os.path.abspath(os.path.expanduser(path))


def _absolute_warm_start(warm_start: str | None) -> str | None:
    from coralline.detector.warm_start.weights_source import LATEST_BLESSED

    return warm_start if warm_start == LATEST_BLESSED else _absolute(warm_start)


def run_pipeline(
    config: Config, found: Preflight, run_id: str, listener: Listener | None = None, call: RunCall | None = None
) -> str:
    """Runs the pipeline; unchanged components are reused.

    If another model was published or rolled back to while this one was being judged, it is judged again, against that
    one: as a run of its own with a number behind the run id, which reuses everything up to the judgement.

    Args:
      config: with absolute paths.
      found: what the preflight check of it found.
      run_id: a new one.
      listener: follows each component.
      call: how it was called, for the record.

    Returns:
      The id of the last run.
    """
    from tfx.orchestration.metadata import sqlite_metadata_connection_config

    from pipeline.beam_settings import beam_args
    from pipeline.create_pipeline import create_pipeline
    from pipeline.running.local_dag_runner import RecordingLocalDagRunner
    from pipeline.running.out_folder import OutFolder
    from pipeline.running.run_record import refused_by

    out = OutFolder(Path(config.out))
    connection = sqlite_metadata_connection_config(str(out.store))
    pipeline = create_pipeline(
        config,
        pipeline_root=str(out.artifacts),
        push_to=config.push.to or str(out.published),
        compiler_version="" if found.compiler is None else found.compiler.version,
        metadata_connection_config=connection,
    )
    this_run, called = run_id, {} if call is None else call.as_properties()
    for number in range(2, _JUDGEMENTS + 2):
        RecordingLocalDagRunner(this_run, listener, beam_args(config.beam), called).run(pipeline)
        if number > _JUDGEMENTS or refused_by(connection, this_run) != "baseline":
            break
        progress.note("Another model is served than the one that this was judged against: it is judged again.")
        this_run = f"{run_id}-{number}"
    return this_run


def configuration_of_environment() -> Config:
    """The settings if there is no command line for them."""
    from pipeline.config import load_config

    return load_config(_configuration_file())


def _configuration_file() -> str | None:
    return os.environ.get("CORALLINE_CONFIG") or ("coralline.yaml" if os.path.exists("coralline.yaml") else None)


def main() -> None:
    """What TFX's command line executes."""
    if os.path.realpath(sys.path[0] or ".") == _HERE:
        # A script finds its own folder first on the path, where the modules of this package have other names.
        sys.path[0] = os.path.dirname(_HERE)
    from pipeline import preflight
    from pipeline.running.run_facts import RunCall

    given = configuration_of_environment()
    call, config = RunCall.of(given, _configuration_file(), sys.argv[:1]), with_absolute_paths(given)
    run_pipeline(config, preflight.check_before_run(config), new_run_id(), call=call)


if __name__ == "__main__":
    main()
