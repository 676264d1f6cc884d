"""TensorFlow Data Validation's statistics of a data set as JSON: a line for each feature, with a small histogram."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from coralline.foundation.errors import UserError

_LARGEST = 32 << 20
_MOST_VALUES = 10
_KINDS = {"num_stats": "number", "string_stats": "text", "bytes_stats": "bytes", "struct_stats": "struct"}


def statistics_preview(content: bytes) -> dict[str, Any]:
    """What `FeatureStats.pb` says: {"examples", "features": [{"name", "type", "present", "missing", ...}]}.

    Args:
      content: a DatasetFeatureStatisticsList of tensorflow_metadata, version 0.

    Returns:
      For each feature its `name` and `kind`, in how many examples it's `present` and `missing`, and how many `values`
      one has at `least`, at `most` and on average (`average`). Numbers also have `mean`, `deviation`, `min`, `median`,
      `max`, `zeros` and a `histogram`: [{"low", "high", "count"}]; texts have `unique` and `top`: [{"value", "count"}].

    Raises:
      UserError: it is something else.
    """
    from tensorflow_metadata.proto.v0 import statistics_pb2

    found = statistics_pb2.DatasetFeatureStatisticsList()
    try:
        if len(content) > _LARGEST:
            raise DecodeError(f"{len(content) >> 20} MiB")
        found.ParseFromString(content)
    except DecodeError as error:
        raise UserError("the statistics can't be read", found=error) from error
    dataset = found.datasets[0] if found.datasets else statistics_pb2.DatasetFeatureStatistics()
    return {"examples": int(dataset.num_examples), "features": [_feature(feature) for feature in dataset.features]}


def _feature(feature: Any) -> dict[str, Any]:
    which = feature.WhichOneof("stats")
    answer: dict[str, Any] = {
        "name": "/".join(feature.path.step) or feature.name,
        "kind": _KINDS.get(which or "", "unknown"),
    }
    if which is None:
        return answer
    stats = getattr(feature, which)
    common = stats if which == "struct_stats" and not hasattr(stats, "common_stats") else stats.common_stats
    answer |= {
        "present": int(common.num_non_missing),
        "missing": int(common.num_missing),
        "least": int(common.min_num_values),
        "most": int(common.max_num_values),
        "average": float(common.avg_num_values),
    }
    if which == "num_stats":
        answer |= {"mean": stats.mean, "deviation": stats.std_dev, "zeros": int(stats.num_zeros)}
        answer |= {"min": stats.min, "median": stats.median, "max": stats.max}
        answer["histogram"] = _histogram(stats.histograms)
    elif which == "string_stats":
        answer["unique"] = int(stats.unique)
        top = list(stats.top_values)[:_MOST_VALUES]
        answer["top"] = [{"value": one.value[:100], "count": float(one.frequency)} for one in top]
    elif which == "bytes_stats":
        answer["unique"] = int(stats.unique)
    return answer


def _histogram(histograms: Any) -> list[dict[str, float]]:
    """The one of equal widths (STANDARD), which is the first."""
    buckets = histograms[0].buckets if histograms else ()
    return [{"low": b.low_value, "high": b.high_value, "count": b.sample_count} for b in buckets]
