"""What Evaluator does: runs every model over the judging side, decides, writes evaluation, blessing, report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfx.types import artifact_utils

from components.beam_engine import EngineExecutor
from components.kept_address import kept_address
from coralline.data.records.label_map import LABEL_MAP_FILE, LabelMap
from coralline.foundation import storage
from coralline.foundation.code_version import stamp

if TYPE_CHECKING:
    from components.evaluator.baseline import Baseline
    from components.evaluator.blessing import Verdict
    from components.evaluator.judged_models import JudgedPlaces
    from coralline.scoring.coco import Figures
    from coralline.scoring.evaluate_settings import EvaluateSettings
    from coralline.scoring.inference import Evaluated
    from coralline.scoring.intervals import Interval
    from coralline.scoring.kept_images import KeptImages
    from coralline.scoring.scored_models import ScoredModels
    from coralline.scoring.slices import SliceKey


class Executor(EngineExecutor):
    """Judges a TFLiteModel artifact; the models run in this process, or on an engine of Beam's."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        from components.evaluator import blessing, judged_page, recorded_judgement
        from components.evaluator.baseline import Baseline
        from components.evaluator.judged_models import JudgedPlaces
        from coralline.data.records.tf_example import read_examples
        from coralline.scoring import slices
        from coralline.scoring.evaluate_settings import EvaluateSettings
        from coralline.scoring.kept_images import KeptImages
        from coralline.scoring.labelled_images import of_example
        from coralline.scoring.scored_models import ScoredModels
        from coralline.tflite.detector import Detector

        settings = EvaluateSettings.from_property(exec_properties["evaluate"])
        side = _judging_side(artifact_utils.get_single_instance(input_dict["examples"]))
        eval_folder = artifact_utils.get_split_uri(input_dict["examples"], side)
        class_names = LabelMap.read(f"{_uri(input_dict['label_map'])}/{LABEL_MAP_FILE}").names
        served = artifact_utils.get_single_instance(input_dict["baseline"])
        baseline = Baseline.read(served, class_names)
        places = JudgedPlaces(
            _uri(input_dict["tflite_model"]),
            _uri(input_dict["model"]),
            None if baseline.model is None else served.uri,
            tuple(class_names),
        )
        content = storage.read_bytes(f"{places.tflite_folder}/model.tflite")

        features = slices.read_features(read_examples(eval_folder), settings.slice_by)
        images = KeptImages(lambda: map(of_example, read_examples(eval_folder)))
        evaluated = self._evaluated(places, images, eval_folder, _uri(output_dict["evaluation"]))
        both = (blessing.CANDIDATE, blessing.BASELINE)
        known = {blessing.BASELINE: baseline.known}
        scored = ScoredModels.of(evaluated.ground_truths, evaluated.detections, class_names, both, known)
        by_slice = slices.figures_by_slice(scored.matches, features)
        verdict = _verdict(settings, scored, baseline, by_slice, _uri(output_dict["evaluation"]))

        judged = judged_page.JudgedModelOfRun(
            side, settings, content, places.export(), places.references(), images, scored, verdict
        )
        page = judged_page.make_judged_page(judged, Detector(content), input_dict, self._run_id())
        judged_page.write_judged_page(page, _uri(input_dict["dataset_report"]), _uri(output_dict["report"]))
        recorded_judgement.write_judged(_uri(output_dict["report"]), page, scored)
        recorded_judgement.record_judgement(artifact_utils.get_single_instance(output_dict["report"]), page, scored)
        _write_blessing(artifact_utils.get_single_instance(output_dict["blessing"]), verdict, input_dict, served)
        for artifacts in output_dict.values():
            stamp(artifact_utils.get_single_instance(artifacts))

    def _evaluated(self, places: JudgedPlaces, images: KeptImages, eval_folder: str, output: str) -> Evaluated:
        from components.evaluator import engine_inference
        from coralline.scoring import inference

        if not self.on_engine:
            return inference.run_models(places.load(), images)
        with self.scratch(output) as scratch:
            with self._make_beam_pipeline() as pipeline:
                files = engine_inference.lay_out(pipeline, places, eval_folder, scratch)
            return engine_inference.load_evaluated(files, scratch, images=sum(1 for _ in images))

    def _run_id(self) -> str:
        return (self._context.pipeline_run_id if self._context is not None else None) or ""


def _judging_side(examples: Any) -> str:
    """`test`, which training has never seen, where the data has such a side; else `eval`."""
    return "test" if "test" in artifact_utils.decode_split_names(examples.split_names) else "eval"


def _verdict(
    settings: EvaluateSettings,
    scored: ScoredModels,
    baseline: Baseline,
    by_slice: Mapping[SliceKey, Mapping[str, Figures]],
    evaluation: str,
) -> Verdict:
    """The blessing, which TFMA's validation of the same thresholds has to agree with; writes TFMA's files."""
    from components.evaluator import blessing, tfma_result

    judged = (blessing.CANDIDATE, blessing.BASELINE)
    change, on_shared = scored.differences(*judged).get("ap"), scored.on_shared_classes(*judged)
    verdict = blessing.judge(
        settings,
        scored.figures,
        baseline.missing,
        baseline_damaged=baseline.damaged,
        against_baseline=change,
        on_shared_classes=on_shared,
        images=len(scored.ground_truths),
    )
    validated = tfma_result.write_result(
        scored.figures,
        settings,
        evaluation,
        difference_high=_difference_high(change, on_shared, scored.figures),
        baseline_damaged=baseline.damaged,
        slices=by_slice,
    )
    if validated != verdict.blessed:
        raise RuntimeError(f"TFMA's validation ({validated}) and the blessing disagree: {verdict}")
    return verdict


def _difference_high(
    change: Interval | None, on_shared: Figures | None, figures: Mapping[str, Figures]
) -> float | None:
    """The upper end of the interval, or the difference itself without one; None without a baseline to score."""
    from components.evaluator.blessing import BASELINE, CANDIDATE

    if change is not None:
        return change.high
    ours = (on_shared or figures[CANDIDATE]).ap
    theirs = figures[BASELINE].ap if BASELINE in figures else None
    return None if ours is None or theirs is None else ours - theirs


def _write_blessing(blessing: Any, verdict: Verdict, input_dict: dict[str, Any], served: Any) -> None:
    """File and custom properties as TFX's own evaluator writes them (tfx/components/evaluator/constants.py, 1.16), so
    that its resolver of the latest blessed model finds `model`; the file that was judged and the reasons beside them.
    """
    storage.write_bytes(f"{blessing.uri}/{'BLESSED' if verdict.blessed else 'NOT_BLESSED'}", b"")
    blessing.set_int_custom_property("blessed", int(verdict.blessed))
    for name, channel in (("current_model", "model"), ("tflite_model", "tflite_model")):
        model = artifact_utils.get_single_instance(input_dict[channel])
        blessing.set_string_custom_property(name, kept_address(model))
        blessing.set_int_custom_property(f"{name}_id", model.id)
    blessing.set_string_custom_property("baseline_content", served.get_string_custom_property("content"))
    if version := served.get_string_custom_property("version"):
        place = served.get_string_custom_property("destination").rstrip("/")
        blessing.set_string_custom_property("baseline_model", f"{place}/{version}")
        blessing.set_int_custom_property("baseline_model_id", served.id)
    blessing.set_string_custom_property("reasons", "\n".join(verdict.reasons))


def _uri(artifacts: list[Any]) -> str:
    return artifact_utils.get_single_uri(artifacts)
