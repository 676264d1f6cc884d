#!/usr/bin/env python3
"""A stand-in for Coral's closed-source `edgetpu_compiler`, for tests where the real one can't be had.

It replays the output recorded from the real compiler, version 16.0.384591198: its standard output for a model of 267
operations of which 264 map (3 on the CPU: DEQUANTIZE twice and CUSTOM), the layout of its log, and its failures as
people reported them in google-coral/edgetpu's issues. It doesn't compile: the "compiled" file has the input's bytes.
The figures are always those of the recording, with names and sizes of files put in; the counts of single mapped ops are
made up to its total.

What it plays is chosen by the environment variable STAND_IN, as `play` or `play,play with -d`:
  partial (default)  264 of 267 operations map          all               all 267 map: the two counting lines are absent
  nothing            0 map                              segments are played whenever -n asks for them
  not-quantized, invalid, unknown-op, large-activations, unresolved-op, internal-error   its own messages
  dynamic            dynamic sizes                      version-only      the version line, then exit code 1
  crash              a segmentation fault: only the shell that wraps the real binary says a word, on standard error
  second-segment     the first segment of -n succeeds, the second has large activations
  hang               never ends                         no-file           success without an output file
  no-success         all but the line "Compilation succeeded!"
STAND_IN_VERSION replaces the version.
"""

import argparse
import os
import pathlib
import signal
import sys
import time

VERSION = os.environ.get("STAND_IN_VERSION", "16.0.384591198")
MAPPED, DTYPE = "Mapped to Edge TPU", "Operation is working on an unsupported data type"
ROWS = [
    ("ADD", 27, MAPPED),
    ("LOGISTIC", 1, MAPPED),
    ("QUANTIZE", 6, MAPPED),
    ("MAX_POOL_2D", 14, MAPPED),
    ("RESIZE_NEAREST_NEIGHBOR", 12, MAPPED),
    ("CONCATENATION", 2, MAPPED),
    ("RESHAPE", 10, MAPPED),
    ("CONV_2D", 107, MAPPED),
    ("DEPTHWISE_CONV_2D", 85, MAPPED),
    ("CUSTOM", 1, DTYPE),
    ("DEQUANTIZE", 2, DTYPE),
]
UNLOADABLE = "Model failed in Tflite interpreter. Please ensure model can be loaded/run in Tflite interpreter."
FAILURES = {
    "not-quantized": "Model not quantized",
    "invalid": "Invalid model: {model}",
    "unknown-op": "ERROR: Didn't find op for builtin opcode 'CONV_2D' version '6'\n\nERROR: Registration failed.",
    "large-activations": "Compilation failed: Compilation failed due to large activation tensors in model.",
    "unresolved-op": f"Compilation failed: {UNLOADABLE}",
    "dynamic": "ERROR: Attempting to use a delegate that only supports static-sized tensors with a graph that has "
    f"dynamic-sized tensors.\nCompilation failed: {UNLOADABLE}",
    "internal-error": "Internal compiler error. Aborting!",
}


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-v", "--version", action="store_true")
    parser.add_argument("-o", "--out_dir", default=".")
    parser.add_argument("-s", "--show_operations", action="store_true")
    parser.add_argument("-i", "--intermediate_tensors")
    parser.add_argument("-m", "--min_runtime_version", type=int, default=14)
    parser.add_argument("-n", "--num_segments", type=int, default=1)
    parser.add_argument("-d", "--search_delegate", action="store_true")
    parser.add_argument("-k", "--delegate_search_step", type=int, default=1)
    parser.add_argument("-t", "--timeout_sec", type=int, default=180)
    parser.add_argument("-a", "--enable_multiple_subgraphs", action="store_true")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    if options.version:
        print(f"Edge TPU Compiler version {VERSION}")
        return 0
    plays = os.environ.get("STAND_IN", "partial").split(",")
    play = plays[-1] if options.search_delegate else plays[0]
    return perform(play, options, pathlib.Path(options.models[0]))


def perform(play, options, model):
    if play == "crash":
        print("/usr/bin/edgetpu_compiler: line 3: 1299616 Segmentation fault (core dumped)", file=sys.stderr)
        return 128 + signal.SIGSEGV
    print(f"Edge TPU Compiler version {VERSION}", flush=True)
    if play == "version-only":
        return 1
    if options.search_delegate:
        print(f"Searching for valid delegate with step {options.delegate_search_step}")
        print("Try to compile segment with 267 ops")
    parts = options.num_segments
    for i in range(parts):
        second = play == "second-segment" and i == 1
        segment = "" if parts == 1 else f"_segment_{i}_of_{parts}"
        code = attempt("large-activations" if second else play, options, model, f"{model.stem}{segment}")
        if code:
            return 0 if second else code
    return 0


def attempt(play, options, model, name):
    print(f"Started a compilation timeout timer of {options.timeout_sec} seconds.", flush=True)
    if play == "hang":
        time.sleep(3600)
    if play in FAILURES:
        print(FAILURES[play].format(model=model), file=sys.stderr)
        print("Compilation child process completed within timeout period.\nCompilation failed! ")
        return 1
    print("\nModel compiled successfully in 1524 ms.\n")
    compiled(play, options, model, name)
    print("Compilation child process completed within timeout period.")
    if play != "no-success":
        print("Compilation succeeded! ")
    return 0


def compiled(play, options, model, name):
    out = pathlib.Path(options.out_dir)
    output, log = out / f"{name}_edgetpu.tflite", out / f"{name}_edgetpu.log"
    rows = [(op, n, {"all": MAPPED, "nothing": DTYPE}.get(play, status)) for op, n, status in ROWS]
    total = sum(n for _, n, _ in rows)
    mapped = sum(n for _, n, status in rows if status == MAPPED)
    used = "4.21MiB" if mapped else "0.00B"
    print(f"Input model: {name}.tflite\nInput size: {size(model)}\nOutput model: {output}\nOutput size: {size(model)}")
    print(f"On-chip memory used for caching model parameters: {used}")
    print(f"On-chip memory remaining for caching model parameters: {'3.29MiB' if mapped else '0.00B'}")
    print("Off-chip memory used for streaming uncached model parameters: 0.00B")
    print(f"Number of Edge TPU subgraphs: {1 if mapped else 0}\nTotal number of operations: {total}")
    print(f"Operation log: {log}")
    table = f"{'Operator':<30} {'Count':<10} Status\n\n" + "".join(f"{op:<30} {n:<10} {s}\n" for op, n, s in rows)
    if mapped < total:
        print("\nModel successfully compiled but not all operations are supported by the Edge TPU. A percentage of the")
        print(f"model will instead run on the CPU.\nNumber of operations that will run on Edge TPU: {mapped}")
        print(f"Number of operations that will run on CPU: {total - mapped}")
        print(table if options.show_operations else "See the operation log file for individual operation details.")
    elif options.show_operations:
        print(f"\n{table}")
    log.write_text(f"Edge TPU Compiler version {VERSION}\nInput: {model}\nOutput: {output}\n\n{table}")
    if play != "no-file":
        output.write_bytes(model.read_bytes())


def size(path):
    return f"{path.stat().st_size / 2**20:.2f}MiB"


if __name__ == "__main__":
    sys.exit(main())
