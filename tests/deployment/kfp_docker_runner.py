"""Runs a compiled pipeline by KFP's DockerRunner; for a Python that has kfp 2.17 and docker, and nothing of Coralline.

python kfp_docker_runner.py SPEC PIPELINE_ROOT
"""

import os
import sys

from kfp import components, local

spec, root = sys.argv[1:]
# The folder below which everything lies is the caller's: the containers run as that user.
local.init(local.DockerRunner(user=f"{os.getuid()}:{os.getgid()}"), pipeline_root=root, raise_on_error=True)
components.load_component_from_file(spec)()
