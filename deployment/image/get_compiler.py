"""Unpacks Coral's Edge TPU compiler, a Debian package, if the build was given one.

python get_compiler.py [URL or path, SHA-256] FOLDER
"""

import hashlib
import subprocess
import sys
import urllib.request
from pathlib import Path


def main(place: str, sha256: str, folder: Path) -> None:
    """Leaves the package's files below the folder; the folder is empty where `place` is."""
    folder.mkdir(parents=True)
    if not place:
        return
    if "://" in place:
        with urllib.request.urlopen(place, timeout=60) as answer:
            package = answer.read()
    else:
        package = Path(place).read_bytes()
    found = hashlib.sha256(package).hexdigest()
    if found != sha256:
        sys.exit(
            f"error: {place} isn't the package that EDGETPU_COMPILER_SHA256 names\n"
            f"  expected: {sha256 or 'none was given'}\n  found: {found}\n"
            "  fix: compare it with the SHA256 in the package index of Coral's apt repository, and give that"
        )
    Path("compiler.deb").write_bytes(package)
    subprocess.run(["dpkg-deb", "--extract", "compiler.deb", str(folder)], check=True)
    if not list(folder.rglob("edgetpu_compiler")):
        sys.exit(f"error: there is no edgetpu_compiler in {place}\n  fix: name Coral's package edgetpu-compiler")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
