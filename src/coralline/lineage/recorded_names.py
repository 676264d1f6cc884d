"""The names under which Coralline's components record what they made, in whichever store."""

from __future__ import annotations

CODE_VERSION = ("coralline_version", "git_commit", "lock_sha256")
"""Properties of runs and artifacts: the code that made them."""

EXAMPLES, BLESSING, PUSHED_MODEL = "Examples", "ModelBlessing", "PushedModel"
"""TFX's types of artifacts."""

WARM_START, SERVED_MODEL = "components.WarmStart", "components.ServedModel"
TFLITE_MODEL, EVALUATION_REPORT = "components.TFLiteModel", "components.EvaluationReport"
"""Types of our own."""

GC = "coralline gc"
DELETED_BY, DELETED_MS = "deleted_by", "deleted_ms"
"""Properties of artifacts whose files `coralline gc` has deleted: by whom, and when, since the epoch."""
