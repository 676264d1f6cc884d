#!/bin/sh
# Puts CUDA's libraries and ptxas where TensorFlow 2.16 finds them, if NVIDIA's packages are in the environment.
#
# TensorFlow's libraries look for them beside themselves and in some folders of NVIDIA's packages, but not in all that
# they need (tensorflow/tensorflow#63362): "Cannot dlopen some GPU libraries", and everything runs on the CPU.
#
#   link_cuda.sh VENV
set -eu
packages=$1/lib/python3.10/site-packages
[ -d "$packages/nvidia" ] || exit 0
for library in "$packages"/nvidia/*/lib/*.so*; do
    ln -s "../${library#"$packages/"}" "$packages/tensorflow/"
done
ln -s ../lib/python3.10/site-packages/nvidia/cuda_nvcc/bin/ptxas "$1/bin/ptxas"
