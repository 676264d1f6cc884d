"""Holds requests and answers of Kubeflow Pipelines' API against its description: the swagger file of the test data, or
without it, for requests alone, the models of the client.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema

_BODY_MODELS = {"runs": "V2beta1Run", "recurringruns": "V2beta1RecurringRun", "experiments": "V2beta1Experiment"}
_BODY_MODELS |= {"pipelines": "V2beta1Pipeline"}


class SwaggerContract:
    """The API's own description (`kfp_api_single_file.swagger.json`)."""

    def __init__(self, file: Path) -> None:
        description = json.loads(file.read_text())
        self._paths = description["paths"]
        self._definitions = {name: _strict(schema) for name, schema in description["definitions"].items()}

    def problem_of(self, method: str, path: str, sent: Any) -> str | None:
        """What is wrong with the body of a request; None: nothing."""
        (body,) = [one for one in self._operation(method, path)["parameters"] if one["in"] == "body"]
        return self._problem(body["schema"], sent)

    def require_query(self, method: str, path: str, query: dict[str, str]) -> None:
        """Fails the test if a parameter isn't one of the API's."""
        known = {one["name"] for one in self._operation(method, path).get("parameters", []) if one["in"] == "query"}
        assert set(query) <= known, f"{method} {path}: {set(query) - known}"

    def require_answer(self, method: str, path: str, answer: Any) -> None:
        """Fails the test if the stand-in answers as the API wouldn't."""
        problem = self._problem(self._operation(method, path)["responses"]["200"]["schema"], answer)
        assert problem is None, f"{method} {path}: {problem}"

    @functools.lru_cache(maxsize=64)  # noqa: B019
    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for template, methods in self._paths.items():
            pattern = re.sub(r"\\\{[^}]+\\\}", "[^/:]+", re.escape(template))
            if re.fullmatch(pattern, path) and ("{" in template or template == path) and method.lower() in methods:
                if "{" in template and path in self._paths:
                    continue
                found: dict[str, Any] = methods[method.lower()]
                return found
        raise AssertionError(f"the API has no {method} {path}")

    def _problem(self, schema: dict[str, Any], value: Any) -> str | None:
        validator = jsonschema.Draft7Validator(schema | {"definitions": self._definitions})
        error = next(iter(validator.iter_errors(value)), None)
        return None if error is None else f"{'.'.join(map(str, error.path))}: {error.message}"


def _strict(schema: Any) -> Any:
    """Unknown fields are refused; a whole number of 64 bits is a text, and taken as a number too (protojson)."""
    if isinstance(schema, list):
        return [_strict(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict(inner) for key, inner in schema.items()}
    if made.get("properties") and "additionalProperties" not in made:
        made["additionalProperties"] = "@type" in made["properties"]
    if made.get("format") == "int64":
        made["type"] = ["string", "integer"]
    return made


class ModelContract:
    """The models of kfp_server_api, which know the fields of requests."""

    def problem_of(self, method: str, path: str, sent: Any) -> str | None:
        model = _BODY_MODELS.get(path.rsplit("/", 1)[-1])
        return None if model is None else _unknown(model, sent)

    def require_query(self, method: str, path: str, query: dict[str, str]) -> None:
        """It doesn't know them."""

    def require_answer(self, method: str, path: str, answer: Any) -> None:
        """Answers are of a newer server than it knows."""


def _unknown(model: str, sent: Any) -> str | None:
    import kfp_server_api.models

    known = getattr(kfp_server_api.models, model, None)
    if known is None or not isinstance(sent, dict):
        return None
    types = {key: known.openapi_types[name] for name, key in known.attribute_map.items()}
    for key, value in sent.items():
        if key not in types:
            return f'unknown field "{key}"'
        if problem := _unknown(types[key], value):
            return problem
    return None
