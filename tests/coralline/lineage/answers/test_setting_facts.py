"""Settings as they were given and used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.settings_section import SettingsSection
from coralline.lineage.answers.changes_since import changed_settings, chosen_settings
from coralline.lineage.answers.setting_facts import LEFT_OPEN, settings_given
from coralline.lineage.lineage_steps import steps_of
from coralline.lineage.run_history import open_lineage
from pipeline.config import Config


def test_what_counts_as_left_open_is_null_or_auto_by_default() -> None:
    sections = {name: field.get_default(call_default_factory=True) for name, field in Config.model_fields.items()}
    defaults = {
        f"{section}.{name}": getattr(value, name)
        for section, value in sections.items()
        if isinstance(value, SettingsSection)
        for name in type(value).model_fields
    }
    assert {name: defaults[name] for name in LEFT_OPEN if defaults[name] not in (None, "auto")} == {}


def test_settings_are_told_as_they_were_used(differing: Path) -> None:
    history = open_lineage(differing)
    (run,) = history.runs(1)
    made = steps_of(history, run.executions)
    assert [(e["name"], e["used"]) for e in changed_settings(made)] == [("evaluate.min_ap50", None)]
    assert {e["name"]: e["used"] for e in chosen_settings(made)} == {"train.float_steps": 500, "train.batch_size": 16}


def test_components_without_sections_tell_all_that_they_were_told(store_writer: Any, tmp_path: Path) -> None:
    told = {"train_args": '{"num_steps": 100}', "module_file": "taxi.py", "custom_config": "null"}
    store_writer.execute("20260104-000000-dddd", "Trainer", pb.Execution.COMPLETE, {}, {}, **told)
    history = open_lineage(tmp_path)
    (run,) = history.runs(1)
    given = settings_given(steps_of(history, run.executions))
    assert given == {"Trainer": {"train_args.num_steps": 100, "module_file": "taxi.py"}}
