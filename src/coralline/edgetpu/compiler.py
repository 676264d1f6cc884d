"""Finding and running `edgetpu_compiler`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from coralline.edgetpu import compiler_failures, compiler_output
from coralline.edgetpu.compiler_failures import Failure
from coralline.edgetpu.compiler_output import OpRow, Segment
from coralline.edgetpu.edgetpu_settings import CompilerUse
from coralline.edgetpu.mapping import Mapping
from coralline.foundation.errors import UserError

NAME = "edgetpu_compiler"
# The last one; the op rules and the success line "Compilation succeeded!" are its.
OLDEST_MAJOR_VERSION = 16
INSTALL = (
    "install it from Coral's package source on x86-64 Debian or Ubuntu "
    "(coral.ai/docs/edgetpu/compiler), or compile model.tflite on a machine that has it"
)


@dataclasses.dataclass(frozen=True)
class Compiler:
    """A compiler that runs, and its version such as 16.0.384591198."""

    path: str
    version: str


@dataclasses.dataclass(frozen=True)
class Search:
    """A usable compiler, or the reason why there is none."""

    compiler: Compiler | None
    reason: str


@dataclasses.dataclass(frozen=True)
class Compilation:
    """What came of compiling one model.

    Attributes:
      outputs: the compiled files, one a segment; empty when it failed.
      segments: the compiler's figures for each.
      rows: its log: how many ops of a kind have which status.
      delegate_search: whether `--search_delegate` was needed.
      failure: why it failed, else None.
      said: everything that the compiler printed in all attempts.
    """

    compiler: Compiler
    outputs: tuple[Path, ...]
    segments: tuple[Segment, ...]
    rows: tuple[OpRow, ...]
    delegate_search: bool
    seconds: float
    failure: Failure | None
    said: str

    @property
    def mapped(self) -> int:
        """Ops on the Edge TPU, of all segments."""
        return sum(segment.mapped for segment in self.segments)

    @property
    def total(self) -> int:
        """All ops."""
        return sum(segment.total for segment in self.segments)

    @property
    def subgraphs(self) -> int:
        """The most Edge TPU subgraphs that a segment has."""
        return max((segment.subgraphs for segment in self.segments), default=0)


def search(path: str | None = None) -> Search:
    """The compiler at `path`, or else on PATH, if it runs and is new enough."""
    found = shutil.which(path or NAME)
    if found is None:
        return Search(None, f"{path} is not an executable file" if path else f"{NAME} is not on PATH")
    try:
        run = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, errors="replace")
    except (OSError, subprocess.SubprocessError) as e:
        return Search(None, f"{found} doesn't run: {e}")
    version = compiler_output.version(run.stdout + run.stderr)
    if version is None:
        return Search(None, f"{found} doesn't say that it is an Edge TPU compiler")
    major = version.split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_MAJOR_VERSION:
        return Search(None, f"{found} is version {version}, older than {OLDEST_MAJOR_VERSION}")
    return Search(Compiler(found, version), "")


def require(setting: CompilerUse, path: str | None = None) -> Search:
    """Looks for the compiler as the configuration asks; to be called before training.

    Args:
      setting: `edgetpu.compiler`: off looks for none, auto does without one, required insists.
      path: `edgetpu.compiler_path`; when given, it must be usable.

    Raises:
      UserError: there is none but one is required, or `path` isn't usable.
    """
    if setting == "off":
        return Search(None, "edgetpu.compiler is off")
    found = search(path)
    if found.compiler is None and (setting == "required" or path):
        raise UserError(
            "there is no usable Edge TPU compiler",
            expected=f"{NAME} {OLDEST_MAJOR_VERSION} or newer (edgetpu.compiler{'_path' if path else ' is required'})",
            found=found.reason,
            fix=f"{INSTALL}; or set edgetpu.compiler to auto{' without edgetpu.compiler_path' if path else ''}",
        )
    return found


def compile_model(
    compiler: Compiler, model: Path, out_dir: Path, *, timeout_s: int = 600, num_segments: int = 1
) -> Compilation:
    """Compiles a .tflite file into `out_dir`; never raises for a model that can't be compiled.

    When it fails in a way that `--search_delegate` may help, it is run again with that.
    """
    began, said = time.monotonic(), ""
    for delegate_search in (False, True):
        result, failure, output = _attempt(compiler, model, out_dir, timeout_s, num_segments, delegate_search)
        said += output
        if failure is None or failure.kind not in compiler_failures.HELPED_BY_DELEGATE_SEARCH:
            break
    return Compilation(
        compiler=compiler,
        outputs=() if failure else result.outputs,
        segments=result.segments,
        rows=result.rows,
        delegate_search=delegate_search,
        seconds=time.monotonic() - began,
        failure=failure,
        said=said,
    )


def differences(compilation: Compilation, predicted: Mapping) -> list[str]:
    """How the compiler's mapping differs from the predicted one: a sentence for each kind of op."""
    # The log calls custom ops CUSTOM.
    names: dict[str, int] = {}
    for op in predicted.cpu:
        name = op["op"] if op["op"].isupper() else "CUSTOM"
        names[name] = names.get(name, 0) + 1
    actual = compiler_output.on_cpu(compilation.rows)
    return [
        f"{op}: {actual.get(op, 0)} on the CPU, predicted {names.get(op, 0)}"
        for op in sorted(actual.keys() | names.keys())
        if actual.get(op, 0) != names.get(op, 0)
    ]


@dataclasses.dataclass(frozen=True)
class _Result:
    outputs: tuple[Path, ...]
    segments: tuple[Segment, ...]
    rows: tuple[OpRow, ...]


def _attempt(
    compiler: Compiler, model: Path, out_dir: Path, timeout_s: int, num_segments: int, delegate_search: bool
) -> tuple[_Result, Failure | None, str]:
    command = [compiler.path, "--show_operations", "--out_dir", str(out_dir), "--timeout_sec", str(timeout_s)]
    if num_segments > 1:
        command += ["--num_segments", str(num_segments)]
    if delegate_search:
        command += ["--search_delegate"]
    returncode, stdout, stderr, timed_out = _run([*command, str(model)], timeout_s)
    segments = tuple(compiler_output.segments(stdout))
    outputs = tuple(out_dir / Path(segment.output_model).name for segment in segments if segment.output_model)
    result = _Result(outputs, segments, tuple(_rows(outputs, stdout)))
    failure = compiler_failures.explain_failure(returncode, stdout, stderr, timed_out, timeout_s)
    return result, failure or _incomplete(result, num_segments), stdout + stderr


def _rows(outputs: tuple[Path, ...], stdout: str) -> list[OpRow]:
    logs = [output.with_suffix(".log") for output in outputs]
    if logs and all(log.is_file() for log in logs):
        return [row for log in logs for row in compiler_output.operation_rows(log.read_text("utf-8", "replace"))]
    return compiler_output.operation_rows(stdout)


def _incomplete(result: _Result, num_segments: int) -> Failure | None:
    """A failure despite the compiler's report of success."""
    missing = [output.name for output in result.outputs if not output.is_file() or not output.stat().st_size]
    if len(result.outputs) < num_segments and result.outputs:
        missing.append(f"the other {num_segments - len(result.outputs)} of {num_segments} segments")
    if missing or not result.outputs:
        said = f"it says that it succeeded, but {', '.join(missing) or 'the compiled file'} isn't there"
        return Failure("no_output_file", said, "check that the output folder can be written and has room")
    if not any(segment.mapped for segment in result.segments):
        return Failure(
            "nothing_mapped",
            "it says that it succeeded, with no operation on the Edge TPU",
            "see with `coralline inspect` why; a float model, or a first op that the Edge TPU doesn't take, does this",
        )
    return None


def _run(command: list[str], timeout_s: int) -> tuple[int, str, str, bool]:
    """(exit code, standard output, standard error, timed out). The compiler forks: all of its group is stopped."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as e:
        return 1, "", f"{command[0]}: {e.strerror or e}", False
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
        return process.returncode, stdout, stderr, False
    except subprocess.TimeoutExpired:
        return process.returncode or 1, *_stop(process), True
    except BaseException:
        _stop(process)
        raise


def _stop(process: subprocess.Popen[str]) -> tuple[str, str]:
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    return process.communicate()
