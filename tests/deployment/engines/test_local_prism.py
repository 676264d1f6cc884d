"""The steps that run Beam, on Beam's own Prism."""

import pytest

from coralline.foundation.errors import UserError
from pipeline.beam_settings import BeamSettings, require_engine

pytestmark = pytest.mark.slow


def on(prism, **more):
    return BeamSettings(runner="portable", job_endpoint=prism.job_endpoint, **more)


def test_records_statistics_and_ap_are_those_of_the_direct_runner(prism, steps_on, same_as_in_memory):
    require_engine(on(prism))
    same_as_in_memory(steps_on(on(prism, environment="loopback")))


def test_a_job_that_it_refuses_is_one_message(prism, steps_on):
    with pytest.raises(UserError, match="the Beam engine hasn't done its work") as told:
        steps_on(on(prism, environment="process")).make_examples()
    assert "beam:env:process:v1 unimplemented" in told.value.found
