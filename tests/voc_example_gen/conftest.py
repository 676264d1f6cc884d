"""Where the data made by others is."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data():
    """The folder `data` of the test data."""
    root = os.environ.get("CORALLINE_TEST_DATA")
    if not root:
        pytest.skip("CORALLINE_TEST_DATA isn't set: a folder with data/ and models/")
    return Path(root, "data")
