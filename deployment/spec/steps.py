"""The steps of a compiled pipeline by name, and what each asks of the cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from coralline.foundation.errors import UserError
from coralline.foundation.settings_section import SettingsSection

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.deployment_settings import DeploymentSettings, StepSettings

DATA_FINGERPRINT, SERVED_FINGERPRINT = "DataFingerprint", "ServedFingerprint"
FINGERPRINTS = (DATA_FINGERPRINT, SERVED_FINGERPRINT)
"""The small steps before those of TFX; on Kubeflow only."""
WARM_START_IMPORTER = "WarmStartImporter"
OF_TFX = (
    "VocExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    WARM_START_IMPORTER,
    "QatTrainer",
    "TFLiteExporter",
    "ServedModelImporter",
    "Evaluator",
    "EdgeTpuPusher",
)

# What holds unless settings say otherwise. TensorFlow and TFX take 0.9 GB before any work; see docs/benchmarks.md for
# trainings (2.4 to 4.3 GB).
_MEMORY_GB = 2.0
_MEMORY_GB_OF = {"QatTrainer": 6.0, DATA_FINGERPRINT: 0.5, SERVED_FINGERPRINT: 0.5}
_RETRIES = 2
# What it refuses isn't mended by another try, and the run shouldn't wait for that.
_RETRIES_OF = {DATA_FINGERPRINT: 0}
# What Kubernetes knows and Vertex AI's PipelineSpec doesn't.
_KUBERNETES_ONLY = (
    "node_selector",
    "tolerations",
    "time_limit_s",
    "volumes",
    "secret_env",
    "pull_policy",
    "pull_secret",
)
# https://cloud.google.com/vertex-ai/docs/pipelines/machine-types
_MOST_ON_VERTEX = {"cpu": 96.0, "cpu_limit": 96.0, "memory_gb": 624.0, "memory_limit_gb": 624.0}
_ACCELERATOR_ON_VERTEX = re.compile(r"^(NVIDIA|TPU)_[A-Z0-9_]+$")
_MINIO_ENDPOINT = "http://minio-service.kubeflow:9000"
_MINIO_SECRET = "mlpipeline-minio-artifact"


def step_settings(deployment: DeploymentSettings, name: str) -> StepSettings:
    """What a step asks for: its own settings, then those for all steps, then defaults; mappings are put together."""
    from pipeline.deployment_settings import StepSettings

    own = deployment.steps.get(name, StepSettings())
    together: dict[str, Any] = {
        "memory_gb": _MEMORY_GB_OF.get(name, _MEMORY_GB),
        "retries": _RETRIES_OF.get(name, _RETRIES),
    }
    for settings in (deployment, own):
        for key in StepSettings.model_fields:
            value = getattr(settings, key)
            if isinstance(value, dict):
                together[key] = {**together.get(key, {}), **value}
            elif key in settings.model_fields_set and value is not None:
                together[key] = value
    return StepSettings(**together)


def with_minio_defaults(config: Config) -> DeploymentSettings:
    """The settings with the endpoint and the secret of Kubeflow's own object store, if an address is `minio://`."""
    deployment = config.deployment
    places = (deployment.pipeline_root, config.data.path, config.push.to, config.model.warm_start)
    if not any(place and place.startswith("minio://") for place in places):
        return deployment
    env = {"AWS_ENDPOINT_URL": _MINIO_ENDPOINT, "AWS_REGION": "us-east-1"}
    secret_env = {
        "AWS_ACCESS_KEY_ID": f"{_MINIO_SECRET}/accesskey",
        "AWS_SECRET_ACCESS_KEY": f"{_MINIO_SECRET}/secretkey",
    }
    given = {*deployment.env, *deployment.secret_env}
    return deployment.model_copy(
        update={
            "env": {**{key: value for key, value in env.items() if key not in given}, **deployment.env},
            "secret_env": {**{k: v for k, v in secret_env.items() if k not in given}, **deployment.secret_env},
        }
    )


def require_possible(config: Config, target: str) -> None:
    """Looks at what is asked for steps.

    Raises:
      UserError: there is no such step, or the target can't do that.
    """
    steps = [*(FINGERPRINTS if target == "kubeflow" else ()), *OF_TFX]
    if config.model.warm_start is None:
        steps.remove(WARM_START_IMPORTER)
    for name in config.deployment.steps:
        if name not in steps:
            raise UserError(
                f"`deployment.steps` names a step that this pipeline doesn't have: {name}",
                expected="one of " + ", ".join(steps),
                found=name,
                fix="correct the name"
                + (" or set model.warm_start, which makes this step" if name == WARM_START_IMPORTER else ""),
            )
    asked: dict[str, SettingsSection] = {"deployment": config.deployment}
    asked |= {f"deployment.steps.{name}": settings for name, settings in config.deployment.steps.items()}
    for key, settings in asked.items():
        _require_target_can(key, settings, target)
        if getattr(settings, "volumes", None) and key != "deployment":
            raise UserError(
                f"`{key}.volumes` mounts a volume in one step only",
                expected="volumes that all steps mount: they hand folders on to each other",
                fix="move it to deployment.volumes",
            )

    for name in steps:
        _require_room(name, step_settings(config.deployment, name))


def _require_room(name: str, settings: StepSettings) -> None:
    pairs = (("cpu", settings.cpu, settings.cpu_limit), ("memory_gb", settings.memory_gb, settings.memory_limit_gb))
    for key, asked, most in pairs:
        if asked is not None and most is not None and asked > most:
            raise UserError(
                f"step {name} asks for more than it may use",
                expected=f"{key} of at most its limit, {most:g}",
                found=f"{asked:g}",
                fix=f"raise the limit, or set deployment.steps.{name}.{key}",
            )


def _require_target_can(key: str, settings: SettingsSection, target: str) -> None:
    if target != "vertex":
        return
    _require_machine_of_vertex(key, settings)
    for name in _KUBERNETES_ONLY:
        if getattr(settings, name):
            raise UserError(
                f"`{key}.{name}` can't be had on Vertex AI, which places steps on machines of its own",
                expected="cpu, memory_gb, accelerator, retries, env",
                found=name,
                fix=f"remove {key}.{name} for this target; give access with the service account of the run",
            )


def _require_machine_of_vertex(key: str, settings: SettingsSection) -> None:
    accelerator = getattr(settings, "accelerator", None)
    if accelerator is not None and not _ACCELERATOR_ON_VERTEX.match(accelerator):
        raise UserError(
            f"`{key}.accelerator` is none of Vertex AI's",
            expected="a name of its AcceleratorType, such as NVIDIA_TESLA_T4 or NVIDIA_L4",
            found=accelerator,
            fix=f"set {key}.accelerator to one of https://cloud.google.com/vertex-ai/docs/reference/rest/v1/MachineSpec",
        )
    for name, most in _MOST_ON_VERTEX.items():
        asked = getattr(settings, name, None)
        if asked is not None and asked > most:
            raise UserError(
                f"Vertex AI has no machine for `{key}.{name}`",
                expected=f"at most {most:g}",
                found=f"{asked:g}",
                fix=f"lower {key}.{name}",
            )
