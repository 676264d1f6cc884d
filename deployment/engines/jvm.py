"""How Flink's processes and its job server are started: Java's options, and which Java."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from coralline.foundation.errors import UserError

_JAVAS = (11, 17)
"""What Flink 1.19 runs on."""

# What Flink 1.19's own configuration (`env.java.opts.all` of conf/config.yaml) opens of Java 17 to it.
_OPEN = [
    *(f"--add-exports={name}=ALL-UNNAMED" for name in (
        "java.base/sun.net.util", "java.rmi/sun.rmi.registry", "java.security.jgss/sun.security.krb5",
    )),
    *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in (
        "java.lang", "java.net", "java.io", "java.nio", "sun.nio.ch", "java.lang.reflect", "java.text", "java.time",
        "java.util", "java.util.concurrent", "java.util.concurrent.atomic", "java.util.concurrent.locks",
    )),
]  # fmt: skip
# The JVMs hand a few large elements to and fro: the quick compiler and the small collector cost the least for that.
_SPARING = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]


def require_java() -> str:
    """The `java` on the PATH.

    Raises:
      UserError: there is none, or one that Flink doesn't run on.
    """
    java = shutil.which("java")
    version = _version(java) if java else None
    if java is None or version not in _JAVAS:
        raise UserError(
            "Flink can't be started here",
            expected=f"Java {' or '.join(map(str, _JAVAS))} on the PATH",
            found="no `java`" if java is None else f"Java {version}",
            fix="install it (Debian 12: apt-get install openjdk-17-jre-headless)",
        )
    return java


def java_command(main: str, jars: Iterable[Path], heap_mb: int, log_config: Path, args: list[str]) -> list[str]:
    """The command that runs a class with so much heap, and at most twice that beside it."""
    path = ":".join(map(str, jars))
    memory = [f"-Xms{min(heap_mb, 64)}m", f"-Xmx{heap_mb}m", f"-XX:MaxDirectMemorySize={2 * heap_mb}m"]
    log = f"-Dlog4j.configurationFile={log_config.as_uri()}"
    return [require_java(), *_OPEN, *_SPARING, *memory, log, "-cp", path, main, *args]


def _version(java: str) -> int | None:
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    return int(found.group(1)) if found else None
