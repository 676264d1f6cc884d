#!/bin/sh
# Takes out of an environment what no step needs at run time, and compiles what is left, the same way each time.
#
#   trim.sh VENV
set -eu
cd "$1"/lib/python3.10/site-packages

# Headers and static libraries, for building against these packages; browser extensions of notebooks.
rm -rf tensorflow/include nvidia/*/include "$1"/share/jupyter "$1"/etc/jupyter
find . -name '*.a' -delete
# The packages' own tests. Modules of these names that other modules load stay: numpy.testing, apache_beam.testing, ...
find . -depth -type d -name tests ! -path './pip/*' -exec rm -rf {} +
rm -rf tfx/examples tfx/experimental/templates tfx/benchmarks tensorflow_datasets/testing/test_data

# Symbols that no loader reads: a quarter of TensorFlow's largest library. Libraries in folders named *.libs were edited
# when their wheels were packed, which strip doesn't always survive.
find apache_beam ai_edge_litert ml_dtypes ml_metadata pyarrow tensorflow tensorflow_data_validation tfx_bsl zstandard \
    -type f -name '*.so*' -exec strip --strip-all {} +

# Bytecode that doesn't depend on the source's date, in one process and so in one order; without it, each start of a
# read-only container would compile everything. A few packages carry templates that are no Python, which is no error.
find . -name __pycache__ -prune -exec rm -rf {} +
PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 "$1"/bin/python -m compileall -q --invalidation-mode unchecked-hash . >/dev/null || true
