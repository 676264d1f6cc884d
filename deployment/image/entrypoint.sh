#!/bin/sh
# `docker run IMAGE demo` is `coralline demo`. What begins with a program's path, a Python or a shell runs as it is:
# Docker hands on the command of a spec's step as arguments of this script (kfp.local.DockerRunner leaves it to Docker).
case ${1-} in
*/* | python | python3 | sh | bash | tfx) exec "$@" ;;
*) exec coralline "$@" ;;
esac
