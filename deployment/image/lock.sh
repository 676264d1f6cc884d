#!/usr/bin/env bash
# Makes the locks of the image anew, with the versions of requirements.lock: after that one or pyproject.toml changed.
#
#   deployment/image/lock.sh [uv]
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
uv=${1:-uv}
lock() { # $1 the lock to write; what it is made of
    "$uv" pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.10 "${@:2}" -o "$1"
}

for variant in cpu gpu; do
    excludes=(--excludes deployment/image/left_out.txt)
    [[ $variant == gpu ]] || excludes+=(--excludes deployment/image/left_out_of_cpu.txt)
    lock "deployment/image/$variant.lock" --constraint requirements.lock "${excludes[@]}" pyproject.toml "deployment/image/$variant.in"
done
lock deployment/image/tools.lock --constraint requirements.lock deployment/image/tools.in
