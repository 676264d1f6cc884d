from pathlib import Path

import yaml

from pipeline import config, config_reference

_DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_page_says_what_the_configuration_says():
    written = (_DOCS / "configuration.md").read_text(encoding="utf-8")
    assert written == config_reference.page(), "run: python -m pipeline.config_reference > docs/configuration.md"


def test_example_of_the_page_is_a_valid_configuration(tmp_path):
    example = config_reference.page().split("```yaml\n")[1].split("```")[0]
    (tmp_path / "coralline.yaml").write_text(example)
    assert config.load(tmp_path / "coralline.yaml").evaluate.min_ap50 == yaml.safe_load(example)["evaluate"]["min_ap50"]
