import pytest

from coralline.detector import presets
from coralline.foundation.errors import UserError


def test_unknown_preset_names_the_nearest():
    with pytest.raises(UserError, match="did you mean `mobilenet_v2_256`"):
        presets.get("mobilenet_v2_265")
