"""What the page shows of an artifact's files, and how a browser is to take each: by its name's ending alone."""

from __future__ import annotations

import dataclasses
import shlex
import urllib.parse
from typing import Any

_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_TEXTS = (".txt", ".log", ".md", ".csv", ".yaml", ".yml", ".pbtxt", ".textproto")
_LABELS = ("labels.txt", "label_map.pbtxt")
STATISTICS = "FeatureStats.pb"
"""The file of a split's statistics, which is served as JSON."""
_MOST = 60

_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# A report's own script opens tabs and enlarges pictures. In a sandbox without allow-same-origin it's of no origin: it
# reaches neither the page around it nor the server, and may load nothing.
_PAGE_SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    " img-src data: blob:; font-src data:; media-src data:; frame-ancestors 'self'"
)


@dataclasses.dataclass(frozen=True)
class Served:
    """How a file is served: its media type, its Content-Security-Policy, and whether it's saved instead of shown."""

    media_type: str
    policy: str = f"{_SANDBOX}; frame-ancestors 'self'"
    download: bool = False


def how_served(name: str) -> Served:
    """How a file of this name is served."""
    ending = _ending(name)
    if ending in (".html", ".htm"):
        return Served("text/html; charset=utf-8", _PAGE_SANDBOX)
    if ending in _PICTURES:
        return Served(_PICTURES[ending])
    if ending in (".json", *_TEXTS):
        return Served("application/json" if ending == ".json" else "text/plain; charset=utf-8")
    return Served("application/octet-stream", download=True)


def previews_of(artifact: int, artifact_type: str, uri: str, names: list[str]) -> list[dict[str, Any]]:
    """What can be seen of an artifact, pages first: kind, name, and where it is served."""
    found = []
    if artifact_type == "ModelRun" or any("tfevents" in name for name in names):
        command = f"tensorboard --logdir {shlex.quote(uri)}"
        found.append({"kind": "tensorboard", "name": "TensorBoard", "url": None, "command": command})
    for name in names:
        kind = _kind(name)
        if kind:
            url = f"/api/artifacts/{artifact}/files/{urllib.parse.quote(name)}"
            found.append({"kind": kind, "name": name, "url": url})
    order = ("page", "statistics", "labels", "picture", "json", "text", "tensorboard")
    return sorted(found, key=lambda preview: order.index(str(preview["kind"])))[:_MOST]


def _kind(name: str) -> str | None:
    ending, last = _ending(name), name.rpartition("/")[2]
    if last in _LABELS:
        return "labels"
    if last == STATISTICS:
        return "statistics"
    if ending in (".html", ".htm"):
        return "page"
    if ending in _PICTURES:
        return "picture"
    return "json" if ending == ".json" else "text" if ending in _TEXTS else None


def _ending(name: str) -> str:
    last = name.rpartition("/")[2]
    return f".{last.rpartition('.')[2].lower()}" if "." in last else ""
