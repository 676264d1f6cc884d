"""Filters, orders and pages of the stand-in's lists: the part of https://google.aip.dev/160 that the API names."""

from __future__ import annotations

import base64
import fnmatch
import re
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from vertex_answers import Code, refuse

_COMPARISON = re.compile(r"""^([a-z_.]+(?:\.[-\w]+)?)\s*(!=|=|:)\s*("(?:[^"\\]|\\.)*"|[^\s"]+)$""")


def listed(
    context: grpc.ServicerContext,
    items: Sequence[Any],
    request: Any,
    fields: dict[str, Callable[[Any], str]],
    default_page: int,
) -> tuple[list[Any], str]:
    """A page of the items that the request's filter lets through, newest first, and the next page's token."""
    found = [item for item in items if _matches(context, item, request.filter, fields)]
    if request.order_by not in ("", "create_time desc"):
        refuse(context, Code.INVALID_ARGUMENT, f"Invalid order_by: {request.order_by}")
    found.sort(key=lambda item: item.create_time, reverse=True)
    start = int(base64.b64decode(request.page_token)) if request.page_token else 0
    end = start + (request.page_size or default_page)
    return found[start:end], base64.b64encode(str(end).encode()).decode() if end < len(found) else ""


def _matches(context: grpc.ServicerContext, item: Any, text: str, fields: dict[str, Callable[[Any], str]]) -> bool:
    if not text:
        return True
    for part in text.split(" AND "):
        found = _COMPARISON.match(part.strip())
        if found is None:
            refuse(context, Code.INVALID_ARGUMENT, f"Invalid filter: {part}")
        field, operator, value = found.groups()
        value = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        if field.startswith("labels."):
            is_so = item.labels.get(field.removeprefix("labels.")) == value
        elif field in fields:
            said = fields[field](item)
            is_so = fnmatch.fnmatchcase(said, value) if operator == ":" else said == value
        else:
            refuse(context, Code.INVALID_ARGUMENT, f"Invalid filter field: {field}")
        if is_so == (operator == "!="):
            return False
    return True
