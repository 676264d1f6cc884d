"""Records older_tfx.sql, a store as TFX of 2019 and 2020 wrote it.

    TF_CPP_MIN_LOG_LEVEL=2 python record_older_tfx.py

TFX 1.16 still has what wrote it (`tfx.orchestration.metadata.Metadata`, for InteractiveContext), and ML Metadata takes
the store back to schema 4, that of its releases 0.14 to 0.21. One run made and pushed a model, the second reused its
data, and its Trainer never ended. Needs no network.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import downgrade_schema
from tfx.orchestration import data_types, metadata
from tfx.types import artifact, standard_artifacts

_DUMP = Path(__file__).with_name("older_tfx.sql")
_HOME = "/home/ada/taxi"


class _Run:
    """What a launcher did with each component of a run: driver, executor, publisher."""

    def __init__(self, handler: metadata.Metadata, run_id: str):
        self._handler = handler
        self._info = data_types.PipelineInfo("chicago_taxi", f"{_HOME}/pipelines", run_id)
        self._contexts = handler.register_pipeline_contexts_if_not_exists(self._info)

    def launch(
        self,
        component: str,
        inputs: dict[str, artifact.Artifact],
        outputs: dict[str, artifact.Artifact],
        cached: bool = False,
        ends: bool = True,
        **settings: Any,
    ) -> None:
        module = "".join(f"_{c.lower()}" if c.isupper() else c for c in component).strip("_")
        info = data_types.ComponentInfo(f"tfx.components.{module}.component.{component}", component, self._info)
        execution = self._handler.register_execution(
            self._info, info, [*self._contexts], settings, {name: [taken] for name, taken in inputs.items()}
        )
        for name, made in outputs.items():
            if not cached:
                made.uri = f"{_HOME}/pipelines/{component}/{name}/{execution.id}"
                made.name, made.producer_component, made.pipeline_name = name, component, self._info.pipeline_name
        named = {name: [made] for name, made in outputs.items()}
        if cached:
            self._handler.update_execution(execution, info, output_artifacts=named, execution_state="cached")
        elif ends:
            self._handler.publish_execution(info, output_artifacts=named)


def record(store: Path) -> None:
    """Writes both runs."""
    handler = metadata.Metadata(metadata.sqlite_metadata_connection_config(str(store)))
    with handler:
        examples, schema = standard_artifacts.Examples(), standard_artifacts.Schema()
        examples.split_names = '["train", "eval"]'
        model, blessing, pushed = (
            standard_artifacts.Model(),
            standard_artifacts.ModelBlessing(),
            standard_artifacts.PushedModel(),
        )
        blessing.set_int_custom_property("blessed", 1)
        pushed.set_int_custom_property("pushed", 1)
        pushed.set_string_custom_property("pushed_destination", f"{_HOME}/serving_model/1577880000")
        pushed.set_string_custom_property("pushed_version", "1577880000")
        first = _Run(handler, "2020-01-01T12:00:00.000000")
        first.launch("CsvExampleGen", {}, {"examples": examples}, input_base=f"{_HOME}/data")
        first.launch("SchemaGen", {}, {"schema": schema})
        taken: dict[str, artifact.Artifact] = {"examples": examples, "schema": schema}
        first.launch("Trainer", taken, {"model": model}, train_args='{"num_steps": 10000}')
        first.launch("Evaluator", {"examples": examples, "model": model}, {"blessing": blessing})
        first.launch("Pusher", {"model": model, "model_blessing": blessing}, {"pushed_model": pushed})
        second = _Run(handler, "2020-01-02T12:00:00.000000")
        second.launch("CsvExampleGen", {}, {"examples": examples}, cached=True, input_base=f"{_HOME}/data")
        second.launch("Trainer", taken, {}, ends=False, train_args='{"num_steps": 20000}')


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "metadata.db")
        record(file)
        downgrade_schema(metadata.sqlite_metadata_connection_config(str(file)), 4)
        with closing(sqlite3.connect(file)) as database:
            _DUMP.write_text("\n".join(database.iterdump()) + "\n")
