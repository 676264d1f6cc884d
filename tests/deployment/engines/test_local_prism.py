"""The steps that run Beam, on Beam's own Prism."""

import pytest

from coralline.foundation.errors import UserError
from pipeline.beam_settings import BeamSettings, require_engine

pytestmark = pytest.mark.slow


def on(prism, **more):
    return BeamSettings(runner="portable", job_endpoint=prism.job_endpoint, **more)


def test_records_and_ap_are_those_of_the_direct_runner(prism, steps_on, in_memory, judged):
    require_engine(on(prism))
    steps = steps_on(on(prism, environment="loopback"))
    examples, _, (figures, _) = in_memory
    assert steps.make_examples() == examples
    assert {name: of.ap for name, of in steps.score(*judged)[0].items()} == {n: of.ap for n, of in figures.items()}


def test_statistics_which_it_cant_make_are_one_message(prism, steps_on):
    """Prism 2.60 knows no coder that is pickled Python, which TFDV has; a version that does fails this test."""
    steps = steps_on(on(prism, environment="loopback"))
    steps.make_examples()
    with pytest.raises(UserError, match="the Beam engine hasn't done its work") as told:
        steps.describe()
    assert "unknown coder urn key" in told.value.found


def test_a_job_that_it_refuses_is_one_message(prism, steps_on):
    with pytest.raises(UserError, match="the Beam engine hasn't done its work") as told:
        steps_on(on(prism, environment="process")).make_examples()
    assert "beam:env:process:v1 unimplemented" in told.value.found
