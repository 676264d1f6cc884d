"""A stand-in for the API server of Kubeflow Pipelines, over HTTP on loopback.

Behaves as kubeflow/pipelines does at 7b70c7b95f, by its sources: backend/src/apiserver/server (api_converter.go,
run_server.go, recurring_run_server.go, pipeline_server.go, pipeline_upload_server.go, experiment_server.go),
filter/filter.go, template/v2_template.go, and robfig/cron v1.2.0 (parser.go, spec.go). Nothing runs: a test says what
becomes of a run. `api_contract` holds each request and answer against the API's description.
"""

from __future__ import annotations

import datetime
import email
import http.server
import json
import re
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from coralline.foundation.errors import UserError
from deployment.emulation.run_inputs import run_parameters

_PREFIX = "/apis/v2beta1"
_MOST_UPLOADED = 32 << 20
_FINAL = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
_FILTERED = {"runs": {"display_name", "run_id", "state", "experiment_id", "storage_state", "created_at"}}
_FILTERED |= {"recurring_runs": {"display_name", "recurring_run_id", "pipeline_id", "pipeline_version_id"}}
_FILTERED |= {"pipelines": {"display_name", "name", "pipeline_id"}, "experiments": {"display_name", "experiment_id"}}
_FILTERED |= {"versions": {"display_name", "name", "pipeline_version_id"}}
_BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_NAMES = ("", "", "", "", "jan feb mar apr may jun jul aug sep oct nov dec", "sun mon tue wed thu fri sat")


class Refused(Exception):
    """An answer that isn't the good one: HTTP status, code of gRPC, message."""

    def __init__(self, status: int, code: int, message: str):
        super().__init__(message)
        self.status, self.code = status, code


def invalid(message: str) -> Refused:
    return Refused(400, 3, message)


class KubeflowStandIn:
    """The server and all that it has; `address` is the host for a client.

    Attributes:
      multi_user: whether experiments have a namespace.
      wants: (kind, secret): "token" or "cookie" and its value; None: anybody may ask.
      sign_in: what who isn't known is answered with: "401", "page", or "redirect" to a page.
      faults: for each the method and a part of the path, and what is done instead: (status, body, content type), or
        seconds of silence; those before the state changes, or with `after=True` when it has changed.
    """

    def __init__(self, contract: Any) -> None:
        self.contract = contract
        self.multi_user, self.wants, self.sign_in = False, None, "401"
        self.experiments: dict[str, dict[str, Any]] = {}
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, Any]] = {}
        self.specs: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.recurring_runs: dict[str, dict[str, Any]] = {}
        self.faults: list[tuple[str, str, Any, bool]] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens: list[str] = []
        self._now = datetime.datetime(2026, 12, 1, tzinfo=datetime.timezone.utc)
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                """Nothing: pytest shows what fails."""

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stand_in._answer(self, body)

            do_POST = do_DELETE = do_PATCH = do_GET

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What a test does to it.

    def fail(self, method: str, path: str, fault: Any, after: bool = False) -> None:
        """Has the next such request fail."""
        self.faults.append((method, path, fault, after))

    def changes(self) -> list[tuple[str, str]]:
        """The requests so far that may have changed something."""
        return [(method, path) for method, path in self.asked if method != "GET"]

    def end(self, run_id: str, state: str, tasks: dict[str, str] | None = None, error: str | None = None) -> None:
        """Ends a run; tasks: states by the spec's names, as Argo's nodes are listed."""
        run = self.runs[run_id]
        run["state"], run["finished_at"] = state, self._stamp()
        if error:
            run["error"] = {"code": 13, "message": error}
        nodes = {"yard-x7k2p": state, "root-driver": "SUCCEEDED", "root": state, "executor": "SUCCEEDED"}
        for name, of_task in (tasks or {}).items():
            nodes |= {f"{name}-driver": "SUCCEEDED", name: of_task}
        run["run_details"] = {
            "task_details": [
                {"run_id": run_id, "task_id": f"{number}", "display_name": name, "state": of_node,
                 "create_time": self._stamp(), "start_time": self._stamp(), "end_time": self._stamp()}
                for number, (name, of_node) in enumerate(nodes.items())
            ]
        }  # fmt: skip

    def tick(self, recurring_run_id: str) -> str | None:
        """The schedule's time has come: the id of the run that begins; None if none does."""
        recurring = self.recurring_runs[recurring_run_id]
        going_on = [run for run in self._of(recurring_run_id) if run["state"] not in _FINAL]
        if recurring["status"] != "ENABLED" or len(going_on) >= int(recurring["max_concurrency"]):
            return None
        run = {key: recurring[key] for key in _OF_RUNS if key in recurring}
        return self._begin(run | {"display_name": f"{recurring['display_name']}-{len(self.runs)}",
                                  "recurring_run_id": recurring_run_id})["run_id"]  # fmt: skip

    def _of(self, recurring_run_id: str) -> list[dict[str, Any]]:
        return [run for run in self.runs.values() if run.get("recurring_run_id") == recurring_run_id]

    # How it answers.

    def _answer(self, handler: Any, body: bytes) -> None:
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        method, path = handler.command, url.path
        fault = next((one for one in self.faults if one[0] == method and one[1] in path), None)
        if not self._knows(handler):
            self._send(handler, *self._turned_away(path))
            return
        self.asked.append((method, path))
        if fault:
            self.faults.remove(fault)
            if not fault[3]:
                self._fail(handler, fault[2])
                return
        upload = "/upload" in path
        try:
            answer = self._done(method, path, query, body, handler.headers)
            self.contract.require_answer(method, path, answer)
            status = 200
        except Refused as error:
            status, answer = error.status, {"code": error.code, "message": str(error), "details": []}
            if upload:
                answer = {"error_message": str(error), "error_details": f"Error: {error}"}
        if fault:
            self._fail(handler, fault[2])
            return
        self._send(handler, status, json.dumps(answer).encode(), "application/json")

    def _knows(self, handler: Any) -> bool:
        self.tokens.append(handler.headers.get("Authorization") or "")
        if self.wants is None:
            return True
        kind, secret = self.wants
        given = handler.headers.get("Authorization" if kind == "token" else "Cookie")
        return given == (f"Bearer {secret}" if kind == "token" else secret)

    def _turned_away(self, path: str) -> tuple[int, bytes, str]:
        page = b"<!DOCTYPE html><html><title>Log in to Your Account</title></html>"
        if self.sign_in == "401":
            return 401, b'{"code":16, "message":"Unauthenticated", "details":[]}', "application/json"
        if self.sign_in == "redirect" and not path.startswith("/dex"):
            return 302, b"", "text/html"
        return 200, page, "text/html; charset=utf-8"

    def _fail(self, handler: Any, fault: Any) -> None:
        if isinstance(fault, float):
            time.sleep(fault)
            handler.close_connection = True
        else:
            self._send(handler, *fault)

    def _send(self, handler: Any, status: int, body: bytes, content_type: str) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        if status == 302:
            handler.send_header("Location", "/dex/auth?client_id=authservice")
        handler.end_headers()
        handler.wfile.write(body)

    def _done(self, method: str, path: str, query: dict[str, str], body: bytes, headers: Any) -> dict[str, Any]:
        if not path.startswith(_PREFIX):
            raise Refused(404, 5, "Not Found")
        self.contract.require_query(method, path, query)
        parts = path.removeprefix(_PREFIX + "/").split("/")
        if parts[0] == "pipelines" and parts[1:2] == ["upload_version"]:
            return self._upload(query, body, headers)
        sent = self._parsed(method, path, body)
        action = f"_{method.lower()}_{'_'.join(part for part in parts[:1] + parts[2:3])}"
        name, _, verb = parts[-1].partition(":")
        if verb:
            action, parts = f"_{verb}_{parts[0]}", [*parts[:-1], name]
        one = parts[1] if len(parts) > 1 else None
        do: Callable[..., dict[str, Any]] | None = getattr(self, action, None)
        if do is None:
            raise Refused(404, 5, "Not Found")
        return do(one, query, sent)

    def _parsed(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """(protojson.Unmarshal: wrong types and unknown fields are refused.)"""
        if not body:
            return {}
        try:
            sent = json.loads(body)
        except ValueError as error:
            raise invalid(f"proto: syntax error: {error}") from error
        problem = self.contract.problem_of(method, path, sent)
        if problem:
            raise invalid(f"proto: (line 1:2): {problem}")
        return dict(sent)

    # What can be asked for, `_METHOD_PLACE`.

    def _get_healthz(self, *_: Any) -> dict[str, Any]:
        return _set(multi_user=self.multi_user, pipeline_store="database")

    def _get_experiments(self, one: str | None, query: dict[str, str], _: Any) -> dict[str, Any]:
        self._require_namespace(query.get("namespace"))
        return self._page("experiments", "experiments", self.experiments.values(), query)

    def _post_experiments(self, one: None, query: Any, sent: dict[str, Any]) -> dict[str, Any]:
        self._require_namespace(sent.get("namespace"))
        if not sent.get("display_name"):
            raise invalid("Experiment name is empty. Please specify a valid experiment name")
        made = sent | {"experiment_id": str(uuid.uuid4()), "created_at": self._stamp(), "storage_state": "AVAILABLE"}
        self.experiments[made["experiment_id"]] = made
        return made

    def _get_pipelines(self, one: str | None, query: dict[str, str], _: Any) -> dict[str, Any]:
        return self._page("pipelines", "pipelines", self.pipelines.values(), query)

    def _post_pipelines(self, one: None, query: Any, sent: dict[str, Any]) -> dict[str, Any]:
        name = sent.get("name") or sent.get("display_name")
        if not name:
            raise invalid("Failed create to a pipeline due to empty name. Please specify a valid name")
        if any(pipeline["display_name"] == name for pipeline in self.pipelines.values()):
            message = f"Already exist error: Failed to create a new pipeline. The name {name} already exist. Please "
            raise Refused(409, 6, message + "specify a new name")
        made = {
            "pipeline_id": str(uuid.uuid4()),
            "created_at": self._stamp(),
            "name": name,
            "display_name": name,
            **sent,
        }
        self.pipelines[made["pipeline_id"]] = made
        return made

    def _get_pipelines_versions(self, one: str, query: dict[str, str], _: Any) -> dict[str, Any]:
        there = [version for version in self.versions.values() if version["pipeline_id"] == one]
        return self._page("versions", "pipeline_versions", there, query)

    def _upload(self, query: dict[str, str], body: bytes, headers: Any) -> dict[str, Any]:
        message = email.message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        (part,) = message.get_payload()  # type: ignore[misc]
        failed = "Failed to create a pipeline version"
        if part.get_param("name", header="content-disposition") != "uploadfile" or len(body) > _MOST_UPLOADED:
            raise invalid(failed)
        if not part.get_filename().endswith((".yaml", ".yml", ".json", ".zip", ".tar.gz")):
            raise invalid(failed)
        pipeline_id, name = query.get("pipelineid", ""), query.get("name", "")
        if pipeline_id not in self.pipelines:
            raise invalid(failed)
        spec, *platform = yaml.safe_load_all(part.get_payload(decode=True))
        if "pipelineInfo" not in spec or spec.get("schemaVersion") != "2.1.0":
            raise invalid(failed)
        if any((one["pipeline_id"], one["display_name"]) == (pipeline_id, name) for one in self.versions.values()):
            raise Refused(409, 6, failed)
        both = {"pipeline_spec": spec, "platform_spec": platform[0]} if platform else spec
        made = {"pipeline_id": pipeline_id, "pipeline_version_id": str(uuid.uuid4()), "name": name,
                "display_name": name, "created_at": self._stamp(), "pipeline_spec": both}  # fmt: skip
        self.versions[made["pipeline_version_id"]], self.specs[made["pipeline_version_id"]] = made, spec
        return made

    def _get_runs(self, one: str | None, query: dict[str, str], _: Any) -> dict[str, Any]:
        if one is not None:
            return self._there(self.runs, one, "Run")
        there = [run for run in self.runs.values() if query.get("experiment_id") in (None, run["experiment_id"])]
        return self._page("runs", "runs", there, query)

    def _post_runs(self, one: None, query: Any, sent: dict[str, Any]) -> dict[str, Any]:
        if not sent.get("display_name"):
            raise invalid("The run name is empty. Please specify a valid name.")
        return self._begin(sent)

    def _begin(self, sent: dict[str, Any]) -> dict[str, Any]:
        self._require_source(sent, "run")
        made = {"service_account": "pipeline-runner", **sent, "run_id": str(uuid.uuid4()), "created_at": self._stamp(),
                "scheduled_at": self._stamp(), "state": "PENDING", "storage_state": "AVAILABLE"}  # fmt: skip
        self.runs[made["run_id"]] = made
        return made

    def _terminate_runs(self, one: str, *_: Any) -> dict[str, Any]:
        run = self._there(self.runs, one, "Run")
        if run["state"] in _FINAL:
            raise invalid(f"Failed to terminate run {one}: Run {one} is already finished")
        run["state"] = "CANCELING"
        return {}

    def _get_recurringruns(self, one: str | None, query: dict[str, str], _: Any) -> dict[str, Any]:
        if one is not None:
            return self._there(self.recurring_runs, one, "Recurring run")
        there = [
            run for run in self.recurring_runs.values() if query.get("experiment_id") in (None, run["experiment_id"])
        ]
        return self._page("recurring_runs", "recurringRuns", there, query)

    def _post_recurringruns(self, one: None, query: Any, sent: dict[str, Any]) -> dict[str, Any]:
        if not sent.get("display_name"):
            raise invalid("The recurring run name is empty. Please specify a valid name.")
        self._require_source(sent, "recurring run")
        most = int(sent.get("max_concurrency", 0))
        if not 1 <= most <= 10:
            message = "The max concurrency of the recurring run is out of range. Support 1-10. Received "
            raise invalid(f"{message}{most}.")
        require_robfig_cron(sent.get("trigger", {}).get("cron_schedule", {}).get("cron", ""))
        mode = sent.pop("mode", "MODE_UNSPECIFIED")
        made = {"service_account": "pipeline-runner", **sent, "recurring_run_id": str(uuid.uuid4()),
                "created_at": self._stamp(), "max_concurrency": str(most),
                "status": "ENABLED" if mode == "ENABLE" else "DISABLED"}  # fmt: skip
        self.recurring_runs[made["recurring_run_id"]] = made
        return made

    def _enable_recurringruns(self, one: str, *_: Any) -> dict[str, Any]:
        self._there(self.recurring_runs, one, "Recurring run")["status"] = "ENABLED"
        return {}

    def _disable_recurringruns(self, one: str, *_: Any) -> dict[str, Any]:
        self._there(self.recurring_runs, one, "Recurring run")["status"] = "DISABLED"
        return {}

    def _delete_recurringruns(self, one: str, *_: Any) -> dict[str, Any]:
        self._there(self.recurring_runs, one, "Recurring run")
        del self.recurring_runs[one]
        for run in self._of(one):  # Kubernetes deletes workflows with their owner.
            run["state"] = run["state"] if run["state"] in _FINAL else "FAILED"
        return {}

    # What they have in common.

    def _require_namespace(self, namespace: str | None) -> None:
        if self.multi_user and not namespace:
            raise invalid("Invalid resource references for experiment. In multi-user mode, namespace must be specified")
        if not self.multi_user and namespace:
            raise invalid("In single-user mode, namespace must be empty")

    def _require_source(self, sent: dict[str, Any], kind: str) -> None:
        reference = sent.get("pipeline_version_reference", {})
        spec = self.specs.get(reference.get("pipeline_version_id", ""))
        if spec is None:
            message = (
                f"Failed to create a new {kind}: Failed to fetch a template with an invalid pipeline spec manifest"
            )
            raise Refused(404, 5, message)
        try:
            declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
            run_parameters(declared, sent.get("runtime_config", {}).get("parameters", {}))
        except UserError as error:  # validatePipelineJobInputs
            raise Refused(500, 13, f"Failed to create a new {kind}: Internal error: {error.what}") from error

    def _there(self, records: dict[str, dict[str, Any]], one: str, kind: str) -> dict[str, Any]:
        if one not in records:
            raise Refused(404, 5, f"{kind} {one} not found")
        return records[one]

    def _page(self, kind: str, key: str, records: Any, query: dict[str, str]) -> dict[str, Any]:
        found = [record for record in records if _passes(record, query.get("filter"), _FILTERED[kind])]
        field, _, order = query.get("sort_by", "created_at").partition(" ")
        found.sort(key=lambda record: record.get(field, ""), reverse=order == "desc")
        start, size = int(query.get("page_token") or 0), int(query.get("page_size") or 20)
        shown, rest = found[start : start + size], found[start + size :]
        return _set(**{key: shown, "total_size": len(found), "next_page_token": str(start + size) if rest else ""})

    def _stamp(self) -> str:
        self._now += datetime.timedelta(seconds=1)
        return f"{self._now:%Y-%m-%dT%H:%M:%SZ}"


_OF_RUNS = ("experiment_id", "pipeline_version_reference", "runtime_config", "service_account")


def _set(**fields: Any) -> dict[str, Any]:
    """(protojson leaves out what is unset or zero.)"""
    return {name: value for name, value in fields.items() if value not in (None, "", 0, False, [], {})}


def _passes(record: dict[str, Any], text: str | None, keys: set[str]) -> bool:
    for predicate in json.loads(text)["predicates"] if text else []:
        operation, key = predicate.get("operation"), predicate.get("key", "")
        value = predicate.get("stringValue", predicate.get("string_value"))
        if set(predicate) - {"operation", "key", "stringValue", "string_value"} or operation not in (1, "EQUALS"):
            raise invalid(f"invalid predicate operation: {operation}")
        if key not in keys:
            raise invalid(f'no support for filtering on unrecognized field "{key}"')
        if str(record.get(key, "")).lower() != str(value).lower():  # LOWER(column) = LOWER(?)
            return False
    return True


def require_robfig_cron(text: str) -> None:
    """(cron.Parse of robfig/cron v1.2.0, without its descriptors.)"""
    fields = text.split()
    refused = "Schedule cron is not a supported format(https://godoc.org/github.com/robfig/cron). Error: "
    if not 5 <= len(fields) <= 6:
        raise invalid(f"{refused}Expected 5 to 6 fields, found {len(fields)}: {text}")
    for field, (least, most), names in zip(fields, _BOUNDS, _NAMES, strict=False):
        for part in filter(None, field.split(",")):
            for number in _numbers(part, names.split(), refused):
                if not least <= number <= most:
                    raise invalid(f"{refused}{number} is out of range: {part}")


def _numbers(part: str, names: list[str], refused: str) -> Iterator[int]:
    bounds, _, step = part.partition("/")
    if step and not (step.isdigit() and int(step)):
        raise invalid(f"{refused}Failed to parse int from {step}")
    for bound in bounds.split("-") if bounds not in ("*", "?") else []:
        if bound.lower() in names:
            continue
        if not re.fullmatch(r"\d+", bound):
            raise invalid(f"{refused}Failed to parse int from {bound}")
        yield int(bound)
