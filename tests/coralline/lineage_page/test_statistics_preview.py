import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from coralline.foundation.errors import UserError
from coralline.lineage_page.statistics_preview import statistics_preview


def test_numbers_and_texts_have_a_line_each():
    found = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = found.datasets.add(num_examples=5)
    height, name = dataset.features.add(), dataset.features.add()
    height.path.step.append("image/height")
    height.num_stats.common_stats.num_non_missing = 4
    height.num_stats.mean = 12.5
    height.num_stats.histograms.add().buckets.add(low_value=1, high_value=2, sample_count=3)
    name.path.step.extend(["image", "name"])
    name.string_stats.top_values.add(value="<b>cat", frequency=2)
    answer = statistics_preview(found.SerializeToString())
    assert answer["examples"] == 5
    assert answer["features"][0]["mean"] == 12.5 and answer["features"][0]["present"] == 4
    assert answer["features"][0]["histogram"] == [{"low": 1.0, "high": 2.0, "count": 3.0}]
    assert answer["features"][1]["name"] == "image/name"
    assert answer["features"][1]["top"] == [{"value": "<b>cat", "count": 2.0}]


def test_something_else_is_told():
    with pytest.raises(UserError, match="statistics"):
        statistics_preview(b"\xff\xff\xff no statistics")
