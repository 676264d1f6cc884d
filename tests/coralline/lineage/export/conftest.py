"""`exported(*arguments) -> str`: what `coralline lineage export` prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.commands.lineage.export_command import command

HOSTILE = 'a"b\\c\nd</script><b>&{x}|`\x1b[31m;--> %% é日本'


@pytest.fixture
def exported() -> Callable[..., str]:
    """`exported(*arguments, code=0) -> str`."""

    def call(*arguments: Any, code: int = 0) -> str:
        result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.stdout

    return call


@pytest.fixture
def hostile_store(store_writer: Any, tmp_path: Any) -> Any:
    """An output folder whose names have everything in them that markup could take for its own; and a cycle."""
    from ml_metadata.proto import metadata_store_pb2 as pb

    loop = store_writer.artifact("Model", f"/x/{HOSTILE}/1", note=HOSTILE, long="y" * 1_000_000)
    secret = store_writer.artifact("Examples", "s3://user:hunter2@bucket/key?X-Amz-Signature=abcdef")
    run = "20260101-000000-aaaa"
    store_writer.execute(run, HOSTILE, pb.Execution.COMPLETE, {HOSTILE: loop}, {"made": loop, "other": secret})
    store_writer.execute(
        run,
        "Trainer",
        pb.Execution.FAILED,
        {"m": loop},
        {},
        error_message=HOSTILE,
        train='{"password": "gs://u:p@b/x"}',
    )
    return tmp_path
