"""Lets a Python that is a container's first process end on SIGTERM; it stands in the image's site-packages.

The kernel drops signals that its first process has no handler for, so `python -m ...` as a step's command would go on
until it is killed. A handler in Python wouldn't do: it waits for the library call that is running. So this process
becomes tini (`man tini`), which starts the same Python again, hands signals on to it and ends as it ends.
"""

import os
import sys

_TINI = "/usr/bin/tini"

if os.getpid() == 1 and os.path.exists(_TINI):
    os.execv(_TINI, [_TINI, "--", sys.executable, *sys.orig_argv[1:]])
