"""The files that an operator reads and applies: what Kubernetes and the command line make of them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployment.spec.refusals import require_compilable
from deployment.spec.worker_pods import worker_job, worker_service
from pipeline import cli
from pipeline.config import load_config
from pipeline.deployment_settings import StepSettings
from pipeline.trainer_machines import TrainerMachines

_DEPLOYMENT = Path(__file__).resolve().parents[2] / "deployment"
_MANIFESTS = _DEPLOYMENT / "kubeflow" / "manifests"
_CI = _DEPLOYMENT / "ci" / "github-actions.yaml"
# GitHub's own syntax for a value that is filled in before the shell sees the line.
_FILLED_IN = re.compile(r"\$\{\{[^}]*\}\}")


def _kustomization() -> dict[str, Any]:
    bundle: dict[str, Any] = yaml.safe_load((_MANIFESTS / "kustomization.yaml").read_text(encoding="utf-8"))
    return bundle


def _documents() -> list[dict[str, Any]]:
    names = _kustomization()["resources"]
    return [one for name in names for one in yaml.safe_load_all((_MANIFESTS / name).read_text(encoding="utf-8"))]


def _called(kind: str, name: str) -> dict[str, Any]:
    [found] = [one for one in _documents() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def _known_to_kubernetes(manifest: dict[str, Any]) -> dict[str, Any]:
    """What the models of Kubernetes' own client keep of it: they drop fields that Kubernetes doesn't know."""
    client = pytest.importorskip("kubernetes").client

    class Answer:
        data = json.dumps(manifest)

    api = client.ApiClient()
    kept: dict[str, Any] = api.sanitize_for_serialization(api.deserialize(Answer, f"V1{manifest['kind']}"))
    return kept


def test_every_file_of_the_bundle_is_in_it() -> None:
    bundle = _kustomization()
    [generated] = bundle["configMapGenerator"]
    listed = {"kustomization.yaml", *bundle["resources"], *generated["files"]}
    assert listed == {path.name for path in _MANIFESTS.iterdir()}


@pytest.mark.parametrize("number", range(len(_documents())))
def test_kubernetes_knows_every_field_of_a_manifest(number: int) -> None:
    manifest = _documents()[number]
    assert _known_to_kubernetes(manifest) == manifest


def test_kubernetes_knows_every_field_of_the_pods_that_train() -> None:
    step = StepSettings(
        cpu=2,
        cpu_limit=4,
        memory_gb=6,
        memory_limit_gb=8,
        accelerator="nvidia.com/gpu",
        accelerators=2,
        node_selector={"pool": "gpu"},
        tolerations=[{"key": "nvidia.com/gpu", "operator": "Exists"}],
        time_limit_s=3600,
        volumes={"/mnt/yard": "claim"},
        env={"A": "1"},
        secret_env={"B": "secret/key"},
        pull_policy="Always",
        pull_secret="registry",
    )
    job = worker_job(TrainerMachines(workers=3, service_account="coralline-worker"), step, "registry/coralline:1")
    for manifest in (job, worker_service()):
        assert _known_to_kubernetes(manifest) == manifest
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "6G"},
        "limits": {"cpu": "4", "memory": "8G", "nvidia.com/gpu": "2"},
    }
    assert job["spec"]["completions"] == job["spec"]["parallelism"] == 2


def test_roles_are_bound_to_accounts_that_are_there_and_allow_no_wildcard() -> None:
    accounts = {one["metadata"]["name"] for one in _documents() if one["kind"] == "ServiceAccount"}
    for binding in (one for one in _documents() if one["kind"] == "RoleBinding"):
        assert {(who["name"], who["namespace"]) for who in binding["subjects"]} <= {
            (name, _kustomization()["namespace"]) for name in accounts
        }
        for rule in _called("Role", binding["roleRef"]["name"])["rules"]:
            assert "*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"])
            # One secret by its name, never all.
            assert "secrets" not in rule["resources"] or rule["resourceNames"]


def test_the_step_that_starts_other_machines_may_do_what_it_does_and_no_more() -> None:
    """`kubernetes_workers` and the stand-in of its tests know no other requests."""
    rules = _called("Role", "coralline-training")["rules"]
    allowed = {(*rule["apiGroups"], *rule["resources"], *sorted(rule["verbs"])) for rule in rules}
    assert allowed == {
        ("batch", "jobs", "create", "delete"),
        ("", "services", "create", "delete"),
        ("", "pods", "list"),
    }


def test_the_settings_of_the_bundle_can_be_compiled_and_name_what_the_bundle_has() -> None:
    config = load_config(str(_MANIFESTS / "cluster.yaml"), {})
    require_compilable(config, "kubeflow")
    assert config.deployment.kubeflow.namespace == _kustomization()["namespace"]
    assert _called("ServiceAccount", str(config.deployment.kubeflow.service_account))
    [container] = _weekly()["containers"]
    assert container["image"] == config.deployment.image


def _weekly() -> dict[str, Any]:
    pod: dict[str, Any] = _called("CronJob", "coralline-weekly")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return pod


def test_the_weekly_job_calls_a_command_that_there_is_with_files_that_it_mounts() -> None:
    [container] = _weekly()["containers"]
    _accepts(container["args"])
    assert Path(container["args"][-1]).parent == Path(container["volumeMounts"][0]["mountPath"])
    [projected] = [volume["projected"] for volume in _weekly()["volumes"] if "projected" in volume]
    assert projected["sources"][0]["serviceAccountToken"]["audience"] == "pipelines.kubeflow.org"


def test_ci_calls_commands_that_there_are() -> None:
    jobs = yaml.safe_load(_CI.read_text(encoding="utf-8"))["jobs"]
    lines = [line for job in jobs.values() for step in job["steps"] for line in step.get("run", "").splitlines()]
    calls = [shlex.split(_FILLED_IN.sub("filled-in", line)) for line in lines]
    ours = [call[1:] for call in calls if call and call[0] == "./coralline"]
    assert [call[0] for call in ours] == ["compile", "submit", "schedule"]
    for call in ours:
        _accepts(call)
    assert [".ci/run"] in calls and (_DEPLOYMENT.parent / ".ci" / "run").is_file()
    assert all(set(jobs) >= {job["needs"]} for job in jobs.values() if "needs" in job)


def _accepts(arguments: list[str]) -> None:
    """Fails if the command line has no such command, or the command no such option."""
    name, *rest = arguments
    command = cli._coralline.get_command(
        cli._coralline.make_context("coralline", ["--help"], resilient_parsing=True), name
    )
    assert command is not None, name
    command.make_context(name, rest)
