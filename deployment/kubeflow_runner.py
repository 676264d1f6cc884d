"""For TFX's own command line, which makes the spec for Vertex AI from this file:

    tfx pipeline create --engine=vertex --pipeline-path deployment/kubeflow_runner.py

with the configuration as `pipeline/local_runner.py` finds it. `coralline compile` makes the same spec, and Kubeflow's.
"""

from __future__ import annotations

import os
import sys

_HERE = os.path.dirname(os.path.realpath(__file__))


def main() -> None:
    """What TFX's command line executes."""
    if os.path.realpath(sys.path[0] or ".") == _HERE:
        # A script finds its own folder first on the path, where the modules of this package have other names.
        sys.path[0] = os.path.dirname(_HERE)
    from deployment.spec.compiling import run_tfx
    from pipeline.local_runner import configuration_of_environment

    config = configuration_of_environment()
    # TFX's command line looks for the file under the pipeline's name, in a folder that it chooses.
    run_tfx(config, "vertex", f"{config.name}.json")


if __name__ == "__main__":
    main()
