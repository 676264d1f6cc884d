"""A compiled spec as it is submitted: read, held against the target, with a version that follows from its content."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from coralline.foundation.errors import UserError
from deployment.emulation.run_inputs import parameter_from_text, run_parameters

_TARGETS = {"kubeflow": "Kubeflow Pipelines", "vertex": "Vertex AI"}
_SCHEMA_VERSION = "2.1.0"
_DIGITS_OF_VERSION = 12


@dataclasses.dataclass(frozen=True)
class SubmittedSpec:
    """What `coralline compile` wrote.

    Attributes:
      file: its name, for messages.
      content: its bytes.
      target: "kubeflow": a PipelineSpec in YAML and perhaps a platform document; "vertex": a PipelineJob in JSON.
      documents: what it holds: the PipelineSpec and perhaps the platform document; or the PipelineJob.
    """

    file: str
    content: bytes
    target: Literal["kubeflow", "vertex"]
    documents: tuple[dict[str, Any], ...]

    @property
    def pipeline_spec(self) -> dict[str, Any]:
        """The PipelineSpec in its JSON form."""
        (first, *_) = self.documents
        spec: dict[str, Any] = first["pipelineSpec"] if self.target == "vertex" else first
        return spec

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return str(self.pipeline_spec["pipelineInfo"]["name"])

    @property
    def default_root(self) -> str | None:
        """Where artifacts go unless a run says otherwise."""
        root = self.pipeline_spec.get("defaultPipelineRoot")
        if self.target == "vertex":
            root = self.documents[0].get("runtimeConfig", {}).get("gcsOutputDirectory", root)
        return root

    @functools.cached_property
    def version(self) -> str:
        """`yard-3f9a0c61b2d4`: equal for equal content; comments and the order of keys don't matter."""
        text = json.dumps(self.documents, sort_keys=True, separators=(",", ":"))
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS_OF_VERSION]}"

    @property
    def parameters(self) -> Mapping[str, dict[str, Any]]:
        """What a run may be given, by name: ParameterSpec with `parameterType`, `defaultValue`, `isOptional`."""
        declared: dict[str, dict[str, Any]] = (
            self.pipeline_spec["root"].get("inputDefinitions", {}).get("parameters", {})
        )
        return declared

    def read_parameters(self, texts: tuple[str, ...]) -> dict[str, Any]:
        """The values of `NAME=VALUE` texts: a text as it is for a STRING, JSON for other types.

        Raises:
          UserError: one is unknown, missing, given twice, of another type, or has no value.
        """
        given: dict[str, Any] = {}
        for text in texts:
            name, separator, value = text.partition("=")
            if not separator:
                raise UserError("a parameter needs a value", expected="NAME=VALUE", found=text)
            if name in given:
                raise UserError(f"parameter {name} is given twice", expected="one value", found=text)
            given[name] = parameter_from_text(name, value, self.parameters)
        run_parameters(self.parameters, given)
        return given

    def require_target(self, target: str) -> None:
        """
        Raises:
          UserError: it was compiled for another target.
        """
        if self.target != target:
            raise UserError(
                f"this spec was compiled for {_TARGETS[self.target]}",
                file=self.file,
                expected=f"one for {_TARGETS[target]}",
                fix=f"compile it with --target {target}, or submit it with --target {self.target}",
            )


def read_submitted_spec(file: Path) -> SubmittedSpec:
    """Reads what `coralline compile` wrote.

    Raises:
      UserError: it can't be read, or isn't a compiled spec that a cluster would take.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        fix = "`coralline compile` writes one"
        raise UserError("the spec can't be read", file=file, found=error, fix=fix) from error
    return submitted_spec(content, str(file))


def submitted_spec(content: bytes, file: str) -> SubmittedSpec:
    """The spec in these bytes.

    Args:
      content: YAML of one or two documents, or JSON.
      file: its name, for messages.

    Raises:
      UserError: it isn't a compiled spec that a cluster would take.
    """
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = tuple(document for document in yaml.load_all(content, loader) if document is not None)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _no_spec(file, error) from error
    if not documents or not all(isinstance(document, dict) for document in documents):
        raise _no_spec(file, None)
    if "pipelineSpec" in documents[0] and len(documents) == 1:
        spec = SubmittedSpec(file, content, "vertex", documents)
    else:
        platforms = [document for document in documents[1:] if "platforms" in document]
        if "pipelineInfo" not in documents[0] or len(platforms) != len(documents) - 1 or len(platforms) > 1:
            raise _no_spec(file, None)
        spec = SubmittedSpec(file, content, "kubeflow", documents)
    _require_runnable(spec)
    return spec


def _require_runnable(spec: SubmittedSpec) -> None:
    inner = spec.pipeline_spec
    if not isinstance(inner, dict) or not inner.get("pipelineInfo", {}).get("name"):
        raise _no_spec(spec.file, None)
    if not inner.get("root", {}).get("dag", {}).get("tasks"):
        raise _no_spec(spec.file, None)
    if inner.get("schemaVersion") != _SCHEMA_VERSION:
        raise UserError(
            "the cluster would refuse this version of the schema",
            file=spec.file,
            expected=f"schemaVersion {_SCHEMA_VERSION}",
            found=str(inner.get("schemaVersion")),
            fix="compile it with this version of Coralline",
        )


def _no_spec(file: str, error: BaseException | None) -> UserError:
    return UserError(
        "this isn't a compiled spec",
        file=file,
        expected="what `coralline compile` writes: YAML with a PipelineSpec for Kubeflow, JSON with a PipelineJob for "
        "Vertex AI",
        found=error,
        fix="`coralline compile --target kubeflow -o FILE --config ...` writes one",
    )
