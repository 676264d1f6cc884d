#!/bin/sh
# Puts CUDA's libraries and ptxas where TensorFlow 2.16 finds them, if NVIDIA's packages are in the environment.
#
# Its libraries look beside themselves and in folders of NVIDIA's packages, but not in all (tensorflow/tensorflow#63362):
# in 2.16.2, libtensorflow_cc's search path lacks NCCL, cuRAND and NVRTC, and ptxas is looked for in PATH.
#
#   link_cuda.sh VENV
set -eu
packages=$1/lib/python3.10/site-packages
[ -d "$packages/nvidia" ] || exit 0
for library in "$packages"/nvidia/*/lib/*.so*; do
    ln -s "../${library#"$packages/"}" "$packages/tensorflow/"
done
ln -s ../lib/python3.10/site-packages/nvidia/cuda_nvcc/bin/ptxas "$1/bin/ptxas"
