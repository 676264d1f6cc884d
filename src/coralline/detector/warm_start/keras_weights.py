"""Weights that Keras has saved: an HDF5 file (`.h5`), Keras' own archive (`.keras`), or a SavedModel.

In each, the layers' variables stand in the order of the layers, under names that end with what they are.
Sources: tf_keras/src/saving/legacy/hdf5_format.py (`layer_names`, `weight_names`), keras/src/saving/saving_lib.py
(`config.json`, `model.weights.h5`: a group `layers/<class, counted>` with `vars/<n>` for each layer).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from coralline.detector.warm_start.weights import Convolution, Norm
from coralline.foundation import storage
from coralline.foundation.errors import UserError

Named = tuple[str, np.ndarray]

_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
# What `vars/<n>` of a layer is, by the layer's class.
_VARIABLES = {"Conv2D": ("kernel",), "DepthwiseConv2D": ("depthwise_kernel",), "BatchNormalization": _NORM}


def read_keras_file(path: str) -> list[Convolution]:
    """Convolutions with their batch norms, of an `.h5` or `.keras` file.

    Raises:
      OSError: it can't be read.
      UserError: it can't be understood.
    """
    content = io.BytesIO(storage.read_bytes(path))
    try:
        return _paired(path, _in_archive(content) if zipfile.is_zipfile(content) else _in_hdf5(content))
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as e:
        raise _not_understood(path, f"a file that can't be understood: {e}") from e


def read_saved_model(folder: str) -> list[Convolution]:
    """The weights of a Keras SavedModel. Raises UserError if it can't be read."""
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(folder)
    except (OSError, ValueError, tf.errors.OpError) as e:
        raise _not_understood(folder, f"a SavedModel that can't be loaded: {str(e).splitlines()[0]}") from e
    variables = getattr(loaded, "variables", [])
    return _paired(folder, ((v.name.split(":")[0], v.numpy()) for v in variables))


def _paired(path: str, named: Iterator[Named]) -> list[Convolution]:
    """Pairs variables by order: in a nested model, a layer's untrained variables are stored apart."""
    kernels: list[np.ndarray] = []
    norms: dict[str, list[np.ndarray]] = {part: [] for part in _NORM}
    for name, values in named:
        part = name.rsplit("/", 1)[-1]
        if part in norms:
            norms[part].append(values)
        elif part in ("kernel", "depthwise_kernel") and values.ndim == 4:
            kernels.append(values)
    counts = {len(values) for values in norms.values()}
    if not kernels or len(counts) != 1 or not 0 <= len(kernels) - min(counts) <= 1:
        there = ", ".join(f"{len(values)} {part}" for part, values in norms.items())
        raise _not_understood(path, f"{len(kernels)} kernels of convolutions, {there}")
    # A convolution without batch norm is a classifier's last layer.
    return [Convolution(kernel, Norm(*of)) for kernel, *of in zip(kernels, *norms.values(), strict=False)]


def _in_hdf5(content: io.BytesIO) -> Iterator[Named]:
    with h5py.File(content, "r") as file:
        if "layer_names" not in file.attrs and "layers" in file:
            raise ValueError("a `.weights.h5` file doesn't say in which order its layers are")
        layers = file.get("model_weights", file)
        for layer in _texts(layers, "layer_names"):
            for name in _texts(layers[layer], "weight_names"):
                yield name.split(":")[0], np.asarray(layers[layer][name], np.float32)


def _texts(group: Any, attribute: str) -> list[str]:
    """A list that HDF5's limit of 64 KiB splits into several attributes, `name0`, `name1`, ..."""
    parts = [attribute] if attribute in group.attrs else [f"{attribute}{n}" for n in range(len(group.attrs))]
    texts = [text for part in parts if part in group.attrs for text in group.attrs[part]]
    return [text.decode() if isinstance(text, bytes) else str(text) for text in texts]


def _in_archive(content: io.BytesIO) -> Iterator[Named]:
    with zipfile.ZipFile(content) as archive:
        config = json.loads(archive.read("config.json"))
        weights = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "r") as file:
        yield from _in_layers(config, file)


def _in_layers(config: dict[str, Any], group: Any) -> Iterator[Named]:
    """The variables of a model's layers, including nested models."""
    seen: Counter[str] = Counter()
    for layer in config["config"]["layers"]:
        kind = layer["class_name"]
        # How Keras names a layer's group: `conv2d`, `conv2d_1`, ...; letter by letter as its to_snake_case does.
        name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", kind)).lower()
        numbered = f"{name}_{seen[name]}" if seen[name] else name
        seen[name] += 1
        if "layers" in layer["config"]:
            yield from _in_layers(layer, group["layers"][numbered])
        for number, part in enumerate(_VARIABLES.get(kind, ())):
            yield f"{kind}/{part}", np.asarray(group["layers"][numbered]["vars"][str(number)], np.float32)


def _not_understood(path: str, found: str) -> UserError:
    return UserError(
        "the warm start can't be used: it isn't a Keras classifier of convolutions and batch norms",
        file=path,
        expected="a model such as tf.keras.applications.MobileNetV2, or its weights, as Keras saves them",
        found=found,
        fix="save the backbone alone with Keras (`model.save('backbone.h5')`) and name that",
    )
