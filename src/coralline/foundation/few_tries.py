"""How often gcsfs asks Google's store again: as often as botocore asks S3, and without a traceback in the log.

Seen in gcsfs 2025.12: `retry_request(retries=6)` is applied when its class is made, so that no setting changes it. A
server that is silent, a minute each time, is told of after six and a half of them; one that can't be reached, after
half a minute. The error that is raised then is logged with its traceback as well (`retry_request` in gcsfs/retry.py).
"""

from __future__ import annotations

import logging
import os
import types
from typing import Any


def with_few_tries(files: Any, tries: int) -> None:
    """Has a gcsfs file system try each request so many times in all; what it logs, GCSFS_DEBUG asks for."""
    from gcsfs.retry import retry_request

    request = type(files)._request.__wrapped__
    files._request = types.MethodType(retry_request(request, retries=tries), files)
    if "GCSFS_DEBUG" not in os.environ:
        logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
