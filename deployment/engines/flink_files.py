"""Flink and Beam's job server for it: fetched from PyPI and Maven Central, each file checked against its SHA-256.

Flink itself comes from `apache-flink-libraries`, whose source package has the very jars of Flink's distribution. Beam's
part comes as the single jars of its Flink runner, which are put together into one. Beam 2.60's runner isn't on every
mirror of Maven Central; 2.62 is the nearest that was found, and talks to workers of 2.60: what they speak (the Fn API)
hasn't changed between them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from coralline.foundation import progress
from coralline.foundation.errors import UserError
from deployment.engines.merged_jar import merge_jars

FLINK_VERSION = "1.19.3"
BEAM_RUNNER_VERSION = "2.62.0"
_SOURCE = f"apache-flink-libraries-{FLINK_VERSION}.tar.gz"
_HERE = Path(__file__).parent
_PINS = _HERE / "flink.sha256"
_DONE = "complete"
_OF_FLINK = ("flink-dist-", "log4j-")
_SECONDS = 1200


class FlinkFiles:
    """Where the jars lie.

    Attributes:
      folder: has `flink` (the engine's jars) and `beam` (the job server, which the engine needs too).
    """

    def __init__(self, folder: Path):
        self.folder = folder

    @property
    def complete(self) -> bool:
        """Whether a download into it came to its end."""
        return (self.folder / _DONE).exists()

    def of_flink(self) -> list[Path]:
        """The engine's jars."""
        return sorted((self.folder / "flink").glob("*.jar"))

    @property
    def of_beam(self) -> Path:
        """The Flink runner with all it needs, Flink's own client among it: what Beam publishes as its job server."""
        return self.folder / "beam" / "job-server.jar"


def default_folder() -> Path:
    """Of downloads: in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "coralline" / "engines"


def fetch_flink(folder: Path | None = None) -> FlinkFiles:
    """Downloads what isn't there yet, about 390 MB; the folder appears when all of it is there and right.

    Raises:
      UserError: Maven isn't there, a file can't be had or is another one than was pinned.
    """
    home = (folder or default_folder()) / f"flink-{FLINK_VERSION}-beam-{BEAM_RUNNER_VERSION}"
    files = FlinkFiles(home)
    if files.complete:
        return files
    if shutil.which("mvn") is None:
        raise UserError(
            "Beam's job server for Flink can't be fetched",
            expected="Maven on the PATH",
            found="no command `mvn`",
            fix="install it (Debian: apt-get install maven), or fetch on a machine that has it and copy the folder "
            f"to {home}",
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="flink-", dir=home.parent) as aside:
        _fetch_all(Path(aside))
        _put_in_place(Path(aside), home)
    return files


def _fetch_all(folder: Path) -> None:
    pins = _pins()
    progress.note(f"fetching Flink {FLINK_VERSION} from PyPI")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    _run([*pip, "--dest", str(folder), f"apache-flink-libraries=={FLINK_VERSION}"], "Flink's jars")
    source = folder / _SOURCE
    _require_pinned(source, pins)
    _unpack(source, folder / "flink")
    source.unlink()
    progress.note(f"fetching Beam's Flink runner {BEAM_RUNNER_VERSION} from Maven Central")
    # A newer plugin resolves by other rules; this is the one that the pins were made with.
    goal = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies"
    where = [f"-DoutputDirectory={folder / 'beam'}", "-DincludeScope=runtime"]
    _run(["mvn", "--batch-mode", "--quiet", "--file", str(_HERE / "flink_pom.xml"), goal, *where], "Beam's jars")
    for jar in sorted((folder / "beam").iterdir()):
        _require_pinned(jar, pins)
    if missing := sorted(set(pins) - {_SOURCE} - {jar.name for jar in (folder / "beam").iterdir()}):
        raise UserError("Maven has left out jars of Beam's", expected=f"{len(pins) - 1} jars", found=", ".join(missing))
    jars = sorted((folder / "beam").iterdir())
    merge_jars(jars, FlinkFiles(folder).of_beam)
    for jar in jars:
        jar.unlink()


def _unpack(source: Path, to: Path) -> None:
    """The jars of the engine alone: SQL, Python and the connectors aren't needed."""
    to.mkdir()
    with tarfile.open(source) as archive:
        for member in archive:
            name = os.path.basename(member.name)
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and "/deps/lib/" in member.name and name.startswith(_OF_FLINK):
                with content, open(to / name, "wb") as jar:
                    shutil.copyfileobj(content, jar)


def _put_in_place(aside: Path, home: Path) -> None:
    (aside / _DONE).touch()
    if home.exists() and not (home / _DONE).exists():
        shutil.rmtree(home)
    try:
        os.rename(aside, home)
    except OSError:
        if not (home / _DONE).exists():  # another process was faster otherwise
            raise
    else:
        home.chmod(0o755)
        aside.mkdir()  # for whoever removes it


def _pins() -> dict[str, str]:
    lines = (line.split() for line in _PINS.read_text(encoding="ascii").splitlines())
    return {name: digest for digest, name in lines}


def _require_pinned(file: Path, pins: dict[str, str]) -> None:
    with open(file, "rb") as content:
        digest = hashlib.sha256()
        while piece := content.read(1 << 20):
            digest.update(piece)
    if pins.get(file.name) != digest.hexdigest():
        raise UserError(
            "a file that was downloaded isn't the one that was pinned",
            file=file.name,
            expected=f"SHA-256 {pins.get(file.name, 'of a file in ' + _PINS.name)}",
            found=digest.hexdigest(),
            fix="look at what serves PyPI and Maven Central to this machine",
        )


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if "ERROR" in line] or [done.stderr.strip()]
        raise UserError(
            f"{what} can't be fetched",
            expected=f"`{' '.join(command[:3])} ...` to end well",
            found=said[0][:400] or f"exit code {done.returncode}",
            fix="look whether this machine reaches PyPI and Maven Central",
        )
