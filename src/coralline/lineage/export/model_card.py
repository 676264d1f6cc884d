"""A model card of a published detector, from what was recorded while it was made.

The headings are those of Mitchell et al. 2019 ("Model Cards for Model Reporting", arXiv:1810.03993); the YAML header of
the Markdown form is Hugging Face's (https://huggingface.co/docs/hub/model-cards). What only its owner can know is left
to the owner, in places that say so.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from coralline.foundation.printable import without_secrets
from coralline.lineage.export.card_facts import CardFacts
from coralline.lineage.export.card_sections import CardSection, CardTable, markdown
from coralline.lineage.recorded_names import CLASS_BOXES, CLASS_IMAGES, CODE_VERSION, LIBRARY_VERSIONS, recorded_value

_FIGURES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")
_ERRORS = {
    "classification": "right place, wrong class",
    "localisation": "right class, box too far off",
    "both": "wrong class and box too far off",
    "duplicate": "a second box on the same object",
    "background": "a box where there is no object",
    "missed": "an object that no box is near",
}
_WORST = 3


def card_title(facts: CardFacts) -> str:
    """ "demo_160 detector 2026..."."""
    return f"{facts.why['made_by']['preset'] if facts.why['made_by'] else ''} detector {_version(facts)}".strip()


def card_sections(facts: CardFacts) -> list[CardSection]:
    """All parts of the card, in their order."""
    return [
        _details(facts),
        CardSection(
            "Intended use",
            owner="To be written by the owner of the model: what it is meant for, who may use it, and what it must not "
            "be used for.",
        ),
        _data(facts),
        _training(facts),
        _evaluation(facts),
        _per_class(facts),
        _weak_spots(facts),
        _thresholds(facts),
        _edge_tpu(facts),
        CardSection(
            "Ethical considerations and caveats",
            owner="To be written by the owner of the model: people and places in the images, consent, what a wrong "
            "detection costs and whom.",
        ),
        _provenance(facts),
        _lineage(facts),
    ]


def card_markdown(facts: CardFacts) -> str:
    """The card as README.md of a model repository."""
    header = [
        "---",
        "# license: to be chosen by the owner of the model, data and warm start included",
        "library_name: tflite",
        "pipeline_tag: object-detection",
        "tags: [object-detection, tflite, int8, coral, edge-tpu, coralline]",
        "metrics: [mean_average_precision]",
    ]
    if source := (facts.why["warm_start"] or {}).get("source"):
        header.append(f"# warm start: {json.dumps(without_secrets(str(source)))}")
    header += ["model-index:", f"  - name: {json.dumps(card_title(facts))}", "    results:"]
    header += ["      - task: {type: object-detection}"]
    name = json.dumps(without_secrets(str((facts.why["data_set"] or {}).get("path") or "unknown")))
    split = json.dumps(str(facts.why["recorded"].get("split", "unknown")))
    header += [f"        dataset: {{name: {name}, type: {name}, split: {split}}}", "        metrics:"]
    figures = facts.figures()
    for figure in ("AP", "AP50", "AP75"):
        if isinstance(figures.get(figure), int | float):
            header.append(f"          - {{type: mean_average_precision, name: {figure}, value: {figures[figure]:.4f}}}")
    return "\n".join([*header, "---", "", markdown(card_title(facts), card_sections(facts))])


def _version(facts: CardFacts) -> str:
    return str(facts.pushed.properties.get("pushed_version", ""))


def _details(facts: CardFacts) -> CardSection:
    row, served = facts.why["made_by"] or {}, facts.why["served"]
    known = {
        "version": _version(facts),
        "published at": without_secrets(facts.place),
        "published on": _day(facts.pushed.created_ms),
        "served now": "unknown" if served is None else "yes" if served["now"] else "no",
        "kind": "object detector, 8-bit integer TFLite file for the Coral Edge TPU",
        "preset": row.get("preset"),
        "input": _input(facts),
        "classes": ", ".join(facts.figures().get("per_class") or (facts.why["data_set"] or {}).get("classes") or ()),
        "verdict": row.get("verdict"),
        "SHA-256 of model.tflite": facts.pushed.properties.get("model_sha256") or facts.part("model").get("sha256"),
    }
    known["because"] = "; ".join(row.get("reasons", []))
    return CardSection("Model details", facts=_facts(known))


def _input(facts: CardFacts) -> str | None:
    size = facts.settings.get("model.input_size")
    return f"{size} x {size} pixels, RGB, unsigned 8-bit" if isinstance(size, int) else None


def _data(facts: CardFacts) -> CardSection:
    data = facts.why["data_set"] or {}
    known = {
        "data set": without_secrets(str(data.get("path") or "")),
        "fingerprint of its content": data.get("fingerprint"),
        "images": data.get("images"),
        "boxes": data.get("boxes"),
        "splits": ", ".join(f"{count} {split}" for split, count in (data.get("splits") or {}).items()),
        "how it was split": facts.data.get("split_rule"),
        "annotations": facts.data.get("data_reader"),
        "problems found": facts.data.get("problems"),
    }
    boxes = recorded_value(facts.data, CLASS_BOXES)
    images = recorded_value(facts.data, CLASS_IMAGES)
    table = CardTable(("class", "boxes", "images"), [])
    if isinstance(boxes, dict):
        for name, by_split in boxes.items():
            seen = images.get(name) if isinstance(images, dict) else None
            table.rows.append((str(name), _by_split(by_split), _by_split(seen)))
    else:
        by_class = [(str(name), str(count)) for name, count in (data.get("classes") or {}).items()]
        table = CardTable(("class", "boxes"), [*by_class])
    missing = [f"Counts per class: {data['why_not']}."] if data.get("why_not") else []
    ask = (
        "To be completed by the owner of the model: who took and annotated the images, where, when, and under which "
        "licence."
    )
    return CardSection("Data", sentences=missing, facts=_facts(known), tables=[table], owner=ask)


def _by_split(counts: Any) -> str:
    if not isinstance(counts, dict):
        return "" if counts is None else str(counts)
    return ", ".join(f"{count} {split}" for split, count in counts.items())


def _training(facts: CardFacts) -> CardSection:
    settings: list[tuple[str, ...]] = [(name, _value(value)) for name, value in facts.settings.items()]
    known = {
        "checkpoint kept, float phase": _step(facts.model, "float"),
        "checkpoint kept, quantization-aware phase": _step(facts.model, "qat"),
        "chosen on": facts.model.get("selection"),
        "images that trained": facts.model.get("training_images"),
        "trained on": facts.model.get("trained_on"),
        "run took": f"{facts.why['made_by']['seconds']:.0f} s" if facts.why["made_by"] else None,
    }
    sentences = ["A float phase, then quantization-aware training; the settings are those that were used."]
    return CardSection("Training", sentences, _facts(known), [CardTable(("setting", "value"), settings)])


def _step(model: dict[str, Any], phase: str) -> str | None:
    step, ap = model.get(f"{phase}_step"), model.get(f"{phase}_AP")
    return None if step is None else f"step {step}" + (f", AP {ap:.3f}" if isinstance(ap, float) else "")


def _evaluation(facts: CardFacts) -> CardSection:
    figures, intervals, recorded = facts.figures(), facts.part("intervals", "int8"), facts.why["recorded"]
    others = [
        (name, facts.part(key)) for name, key in (("float", "float"), ("baseline", "baseline")) if facts.part(key)
    ]
    table = CardTable(("figure", "this model", "95% interval", *(name for name, _ in others)), [])
    for figure in _FIGURES:
        if isinstance(figures.get(figure), int | float):
            of_others = (_number(other.get(figure)) for _, other in others)
            table.rows.append((figure, _number(figures[figure]), _interval(intervals.get(figure)), *of_others))
    judged = f"COCO average precision of model.tflite on {recorded.get('images', 'an unknown number of')} images"
    sentences = [f"{judged} of the split {recorded.get('split', 'unknown')}."]
    if not intervals:
        sentences.append("No intervals were recorded, or the report's files have been deleted.")
    return CardSection("Evaluation", sentences, tables=[table])


def _per_class(facts: CardFacts) -> CardSection:
    figures, intervals = facts.figures(), facts.part("intervals", "int8", "per_class")
    found = facts.part("score_thresholds", "at_overall") or facts.part("at_best_threshold", "per_class")
    counts, ap50 = figures.get("class_counts") or {}, figures.get("per_class_AP50") or {}
    table = CardTable(("class", "AP", "95% interval", "AP50", "images", "boxes", "found", "false alarms"), [])
    for name, ap in (figures.get("per_class") or {}).items():
        count, here = counts.get(name) or {}, found.get(name) or {}
        seen = (
            _text(count.get("images")),
            _text(count.get("boxes")),
            _text(here.get("found")),
            _text(here.get("false")),
        )
        table.rows.append((name, _number(ap), _interval(intervals.get(name)), _number(ap50.get(name)), *seen))
    sentences = [] if table.rows else ["Figures per class are not recorded."]
    if found:
        sentences.append("Found and false alarms are at the operating threshold below, at IoU .5.")
    return CardSection("Figures per class", sentences, tables=[table])


def _weak_spots(facts: CardFacts) -> CardSection:
    recorded = facts.figures().get("per_class") or {}
    per_class = {name: ap for name, ap in recorded.items() if isinstance(ap, int | float)}
    sentences = []
    if len(per_class) > 1:
        worst = sorted(per_class, key=lambda name: per_class[name])[:_WORST]
        sentences.append("Lowest AP: " + ", ".join(f"{name} ({per_class[name]:.3f})" for name in worst) + ".")
    unknown = [name for name, ap in recorded.items() if ap is None]
    if unknown:
        sentences.append(f"Without a box in the images that judged, so unknown: {', '.join(unknown)}.")
    table = CardTable(("kind of error", "detections", "AP50 that it costs"), [])
    for kind, meaning in _ERRORS.items():
        error = facts.part("errors").get(kind)
        if isinstance(error, dict):
            cost = _number(error.get("ap50_cost"))
            table.rows.append((f"{kind}: {meaning}", _text(error.get("count")), cost))
    if not sentences and not table.rows:
        sentences = ["Kinds of errors are not recorded, or the report's files have been deleted."]
    return CardSection("What it is bad at", sentences, tables=[table])


def _thresholds(facts: CardFacts) -> CardSection:
    thresholds = facts.part("score_thresholds")
    table = CardTable(("class", "score", "precision", "recall", "F1"), [])
    rows = {"all classes": thresholds.get("overall"), **(thresholds.get("per_class") or {})}
    for name, best in rows.items():
        if isinstance(best, dict):
            figures = (_number(best.get(key)) for key in ("score", "precision", "recall", "f1"))
            table.rows.append((name, *figures))
    sentence = "The score with the best F1; a detection below it is more often wrong than it helps."
    return CardSection("Thresholds", [sentence] if table.rows else ["No threshold is recorded."], tables=[table])


def _edge_tpu(facts: CardFacts) -> CardSection:
    properties, mapping = facts.pushed.properties, facts.part("publication", "edgetpu") or facts.part("edgetpu")
    mapped, total = (properties.get(f"edgetpu_{name}", mapping.get(name)) for name in ("mapped", "total"))
    compiled = bool(properties.get("compiled"))
    known = {
        "operations on the Edge TPU": f"{mapped} of {total}" if total is not None else None,
        "that is": "as the compiler says" if compiled else "as predicted; the file is not compiled",
        "compiler": properties.get("compiler_version") or mapping.get("compiler"),
        "not compiled because": None if compiled else properties.get("compiler_message") or mapping.get("why_not"),
    }
    table = CardTable(("on the CPU", "why"), [])
    for row in mapping.get("cpu") or facts.part("mapping").get("cpu") or []:
        if isinstance(row, dict):
            table.rows.append((_text(row.get("op")), _text(row.get("why") or row.get("status"))))
    return CardSection("Edge TPU", facts=_facts(known), tables=[table])


def _provenance(facts: CardFacts) -> CardSection:
    warm_start, baseline = facts.why["warm_start"] or {}, facts.why["baseline"] or {}
    properties = facts.run.properties if facts.run else {}
    known = {
        "training began with": without_secrets(str(warm_start.get("source") or "nothing: random weights")),
        "those weights": without_secrets(str(warm_start.get("path") or "")),
        "their SHA-256": warm_start.get("sha256"),
        "judged against": baseline.get("version") or "nothing: no model was served",
        **{str(name): facts.why["code"].get(name) for name in CODE_VERSION},
        "machine": properties.get("host_system"),
    }
    libraries = recorded_value(properties, LIBRARY_VERSIONS)
    known_libraries = libraries.items() if isinstance(libraries, dict) else ()
    rows: list[tuple[str, ...]] = [(name, str(version)) for name, version in known_libraries]
    ask = (
        "To be completed by the owner of the model: the licence of the weights that training began with, which isn't "
        "recorded."
    )
    owner = ask if warm_start.get("source") else None
    return CardSection("Provenance and versions", [], _facts(known), [CardTable(("library", "version"), rows)], owner)


def _lineage(facts: CardFacts) -> CardSection:
    rows: list[tuple[str, ...]] = []
    for step in facts.made:
        made = ", ".join(str(artifact.id) for artifacts in step.outputs.values() for artifact in artifacts)
        rows.append((step.execution.node, str(step.execution.id), step.execution.run_id, made))
    known = {"run": facts.why["run"], "artifact": facts.pushed.id}
    table = CardTable(("step", "execution", "run", "artifacts"), rows)
    sentence = f"`coralline lineage why artifact:{facts.pushed.id}` says more, with --store naming the store."
    return CardSection("Lineage in ML Metadata", [sentence], _facts(known), [table])


def _facts(known: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in known.items() if value not in (None, "")]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _value(value: Any) -> str:
    return without_secrets(value if isinstance(value, str) else json.dumps(value))


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else "–"


def _interval(found: Any) -> str:
    if not isinstance(found, dict):
        return "–"
    return f"{_number(found.get('low'))} to {_number(found.get('high'))}"


def _day(milliseconds: int) -> str:
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return f"{moment:%Y-%m-%d %H:%M} UTC"
