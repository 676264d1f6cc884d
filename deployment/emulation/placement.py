"""Whether a node has what a pod asks for: resources, node selector, tolerations.

The pod's side is kubeflow/pipelines `backend/src/v2/driver/driver.go` (initPodSpecPatch) and `k8s.go`
(extendPodSpecPatch) at 00f7b52b28; the node's side is Kubernetes' scheduler: requests, which are limits where none are
given, fit into what the node has (NodeResourcesFit), each label of the selector is the node's (NodeAffinity), each
taint with NoSchedule or NoExecute is tolerated (TaintToleration). Each pod is looked at as if it were alone.
"""

from __future__ import annotations

import decimal
from typing import Any

from deployment.emulation.backend_error import BackendError, PendingPodError
from deployment.emulation.cluster_description import NodeDescription
from deployment.emulation.compiled_spec import ContainerTask

_SUFFIXES = {
    "": "1", "m": "0.001", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
    "Ki": str(2**10), "Mi": str(2**20), "Gi": str(2**30), "Ti": str(2**40),
}  # fmt: skip


def quantity(text: str | float) -> decimal.Decimal:
    """A Kubernetes quantity: `500m`, `15G`, `2Gi`, `4`.

    Raises:
      BackendError: it isn't one.
    """
    text = str(text)
    number = text.rstrip("mkMGTi")
    try:
        return decimal.Decimal(number) * decimal.Decimal(_SUFFIXES[text[len(number) :]])
    except (decimal.InvalidOperation, KeyError) as error:
        raise BackendError(f'quantities must match a number with a suffix, found "{text}"') from error


def requested(container: dict[str, Any]) -> dict[str, decimal.Decimal]:
    """What a pod asks for, by resource: `cpu` in cores, `memory` in bytes, `nvidia.com/gpu` in pieces.

    Newer fields (`resourceCpuLimit`) are taken before older ones (`cpuLimit`); a memory without unit is in gigabytes
    (getPodResource, `%vG`). A parameter as a resource isn't emulated.
    """
    resources = container.get("resources", {})
    asked: dict[str, decimal.Decimal] = {}
    for name, old, unit in (("cpu", "cpu", ""), ("memory", "memory", "G")):
        for kind in ("Limit", "Request"):  # the request goes last: it wins
            newer = resources.get(f"resource{old.capitalize()}{kind}")
            older = resources.get(f"{old}{kind}")
            if newer:
                asked[name] = quantity(newer)
            elif older:
                asked[name] = quantity(f"{older:g}{unit}")
    accelerator = resources.get("accelerator", {})
    kind = accelerator.get("resourceType") or accelerator.get("type")
    count = accelerator.get("resourceCount") or accelerator.get("count")
    if kind and count:
        asked[kind] = quantity(count)
    return asked


def require_a_node(task: ContainerTask, nodes: list[NodeDescription]) -> None:
    """Looks for a node that can take the task's pod.

    Raises:
      PendingPodError: there is none; for each node, why not.
    """
    asked, selector = requested(task.container), task.kubernetes.get("nodeSelector", {}).get("labels", {})
    tolerations = task.kubernetes.get("tolerations", [])
    reasons = []
    for number, node in enumerate(nodes, 1):
        reason = _why_not(node, asked, selector, tolerations)
        if reason is None:
            return
        reasons.append(f"node {number} {reason}")
    told = "; ".join(reasons) or "there are no nodes"
    raise PendingPodError(f"the pod stays pending: 0/{len(nodes)} nodes are available: {told}")


def _why_not(
    node: NodeDescription,
    asked: dict[str, decimal.Decimal],
    selector: dict[str, str],
    tolerations: list[dict[str, str]],
) -> str | None:
    has: dict[str, Any] = {"cpu": node.cpu, "memory": node.memory, **(node.model_extra or {})}
    for name, amount in asked.items():
        if quantity(has.get(name, 0)) < amount:
            return f"has {has.get(name, 'no')} {name}, {amount.normalize():f} needed"
    for label, value in selector.items():
        if node.labels.get(label) != value:
            return f"lacks the label {label}={value}"
    for taint in node.taints:
        if taint.get("effect") != "PreferNoSchedule" and not any(_tolerates(one, taint) for one in tolerations):
            return f"has the taint {taint['key']}, which isn't tolerated"
    return None


def _tolerates(toleration: dict[str, str], taint: dict[str, str]) -> bool:
    """(Kubernetes, core/v1, Toleration.ToleratesTaint.)"""
    if toleration.get("effect", taint["effect"]) not in ("", taint["effect"]):
        return False
    if toleration.get("key", "") not in ("", taint["key"]):
        return False
    exists = toleration.get("operator", "Equal") == "Exists"
    return exists or toleration.get("value", "") == taint.get("value", "")
