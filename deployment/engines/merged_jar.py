"""One jar out of many, as Beam's own job server is one.

The job server sends all jars of its class path with every job, one after the other: 160 of them took half a minute on a
busy machine.
"""

from __future__ import annotations

import collections
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

_SERVICES = "META-INF/services/"
_MANIFEST = "META-INF/MANIFEST.MF"
# Signatures don't hold for a part of something else; modules aren't used on a class path.
_LEFT_OUT = re.compile(
    r"META-INF/([^/]+\.(SF|RSA|DSA)|INDEX\.LIST|MANIFEST\.MF)|(META-INF/versions/\d+/)?module-info\.class"
)
_NEW_MANIFEST = b"Manifest-Version: 1.0\r\nMulti-Release: true\r\n\r\n"


def merge_jars(jars: Iterable[Path], into: Path) -> None:
    """Of files of one name the first is taken, as on a class path; lists of services are joined."""
    services: dict[str, list[bytes]] = collections.defaultdict(list)
    seen = {_MANIFEST}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as merged:
        merged.writestr(_MANIFEST, _NEW_MANIFEST)
        for path in jars:
            with zipfile.ZipFile(path) as jar:
                for entry in jar.infolist():
                    if entry.is_dir() or _LEFT_OUT.fullmatch(entry.filename):
                        continue
                    if entry.filename.startswith(_SERVICES):
                        services[entry.filename].append(jar.read(entry))
                    elif entry.filename not in seen:
                        seen.add(entry.filename)
                        merged.writestr(entry.filename, jar.read(entry))
        for name, texts in services.items():
            merged.writestr(name, b"\n".join(texts))
