"""What can't work on a cluster, and is refused before anything is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coralline.detector.warm_start import weights_source
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.foundation.printable import without_secrets
from deployment.entrypoint.launcher_mirror import SCHEMES
from deployment.spec.cluster_places import for_cluster, is_on_a_volume
from deployment.spec.steps import require_possible
from deployment.spec.training_machines import require_machines_possible
from pipeline.beam_settings import beam_args, runs_elsewhere
from pipeline.config import addresses_with_secrets

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.deployment_settings import DeploymentSettings

_PLACES = ("data.path", "data.label_map", "data.train_list", "data.eval_list", "data.test_list", "push.to")
_MOVED_TAGS = ("latest", "")


def require_compilable(config: Config, target: str) -> None:
    """Looks at all settings that matter on a cluster.

    Raises:
      UserError: the first that can't be used there.
    """
    _require_no_secrets(config)
    _require_image(config.deployment.image)
    _require_root(config.deployment, target)
    _require_places(for_cluster(config, target), target)
    _require_compiler(config)
    _require_engine_in_reach(config, target)
    require_possible(config, target)
    require_machines_possible(config, target)


def _require_no_secrets(config: Config) -> None:
    """A spec is kept by the cluster and shown on its pages, and its steps don't have what was withheld here."""
    for key, address in addresses_with_secrets(config).items():
        raise UserError(
            f"the address in `{key}` has a password or a signature, which a cluster would keep and show",
            file=address,
            expected="an address without one",
            fix="give the steps credentials in their environment: a service account, or a secret as variables such as "
            "AWS_ACCESS_KEY_ID (deployment.secret_env); a signed file can be copied to storage that the steps can read",
        )
    steps = {"deployment": config.deployment} | {f"deployment.steps.{n}": s for n, s in config.deployment.steps.items()}
    for key, step in steps.items():
        for name, value in step.env.items():
            if without_secrets(value) != value:
                raise UserError(
                    f"`{key}.env.{name}` has a password or a signature, which a cluster would keep and show",
                    expected="a value without one",
                    fix=f"put it into a secret and name that: `{key}.secret_env: {{{name}: secret/key}}`",
                )


def _require_image(image: str | None) -> None:
    fix = "set deployment.image to REGISTRY/NAME@sha256:..., or to a tag that is never moved"
    if image is None:
        raise UserError("no image was named for the steps", expected="deployment.image", fix=fix)
    if "@sha256:" in image:
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag in _MOVED_TAGS:
        raise UserError(
            "the image of the steps has " + ("the tag `latest`" if tag else "no tag, which means `latest`"),
            expected="an image that stays the same: Kubeflow's cache goes by the text of its name, so results of older "
            "code would be taken for those of newer code, and nodes keep what they pulled once",
            found=image,
            fix=fix,
        )


def _require_root(deployment: DeploymentSettings, target: str) -> None:
    root = deployment.pipeline_root
    on_vertex = "an address gs://bucket/..."
    expected = on_vertex if target == "vertex" else "an address gs://, s3:// or minio://, or a folder of a volume"
    fix = "set deployment.pipeline_root"
    if root is None:
        raise UserError("no place was named for what the steps write", expected=expected, fix=fix)
    allowed = ("gs://",) if target == "vertex" else SCHEMES
    if root.startswith(allowed):
        if not root.split("://", 1)[1].strip("/"):
            raise UserError("the pipeline root names no bucket", expected=expected, found=root, fix=fix)
        return
    if storage.is_remote(root):
        raise UserError(f"{_name(target)} can't write there", expected=expected, found=root, fix=fix)
    _require_volume("deployment.pipeline_root", root, deployment, target, expected)


def _require_places(config: Config, target: str) -> None:
    places = {}
    for key in _PLACES:
        section, _, name = key.partition(".")
        places[key] = getattr(getattr(config, section), name)
    if config.model.warm_start != weights_source.LATEST_BLESSED:
        places["model.warm_start"] = config.model.warm_start
    for key, place in places.items():
        if place and not storage.is_remote(place):
            _require_volume(key, place, config.deployment, target, "an address, or a folder of a volume")


def _require_volume(key: str, place: str, deployment: DeploymentSettings, target: str, expected: str) -> None:
    if target == "vertex":
        raise UserError(
            f"`{key}` is a path, and the steps of Vertex AI have no folder in common",
            expected="an address such as gs://bucket/...",
            found=place,
            fix=f"copy it to a bucket and set {key} to its address",
        )
    if not is_on_a_volume(place, deployment):
        raise UserError(
            f"`{key}` is a path on no volume: each step runs in a container of its own, and finds nothing there",
            expected=expected,
            found=place + (f"; mounted: {', '.join(deployment.volumes)}" if deployment.volumes else ""),
            fix="mount a claim there (deployment.volumes: {FOLDER: CLAIM}), or give an address such as s3://bucket/...",
        )


def _require_engine_in_reach(config: Config, target: str) -> None:
    """Workers of an engine read and write the very outputs of the steps.

    On Kubeflow with a bucket these are folders of a pod until it ends.
    """
    if not runs_elsewhere(beam_args(config.beam, config.deployment.image)):
        return
    root = for_cluster(config, target).deployment.pipeline_root
    if target == "kubeflow" and root is not None and storage.is_remote(root):
        raise UserError(
            "the workers of a Beam engine don't see what the steps write",
            expected="with beam.runner other than direct, a folder of a volume as pipeline root, which the engine's "
            "workers mount too",
            found=f"beam.runner: {config.beam.runner}, deployment.pipeline_root: {root}",
            fix="set deployment.pipeline_root to a folder of a volume, or beam.runner to direct",
        )


def _require_compiler(config: Config) -> None:
    if config.edgetpu.compiler == "required" and not config.deployment.image_has_edgetpu_compiler:
        raise UserError(
            "edgetpu.compiler is `required`, and the image isn't said to have the Edge TPU compiler",
            expected="an image that was built with it",
            found="deployment.image_has_edgetpu_compiler: false",
            fix="build it with `--build-arg EDGETPU_COMPILER=... --build-arg EDGETPU_COMPILER_SHA256=...` "
            "(docs/operations.md) and set deployment.image_has_edgetpu_compiler to true; or set edgetpu.compiler: auto",
        )


def _name(target: str) -> str:
    return "Vertex AI" if target == "vertex" else "Kubeflow Pipelines"
