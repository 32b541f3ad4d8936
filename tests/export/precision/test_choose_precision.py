from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from medimage.config.reduced_precision import ReducedPrecisionConfig
from medimage.data.pixel_rows import PixelRows
from medimage.errors import GateNotPassedError
from medimage.evaluation.gate.criterion import Verdict
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.registry.evidence import evidence_hash
from medimage.serving.classifier import ImageClassifier
from medimage.serving.model_metadata import ModelMetadata
from tests.support.exported import make_gate_report
from tests.support.reduced import WHATEVER_THE_SPEED, choose, gate, judged_model, with_weights

INT8 = WHATEVER_THE_SPEED.model_copy(update={"candidates": ("int8",)})


def changed(weights: dict[str, Any], name: str, values: np.ndarray) -> None:
    weights[name].CopyFrom(numpy_helper.from_array(values.astype(np.float32), name))


def head_of(weights: dict[str, Any]) -> str:
    """Returns the name of the last layer's bias."""
    return next(name for name in weights if name.startswith("network.head") and name.endswith("bias"))


def test_the_model_in_single_precision_passes_so_that_there_is_something_to_try() -> None:
    assert judged_model().gate_report.verdict is Verdict.PASS


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_what_is_served_was_judged_by_its_own_answers(precision: str) -> None:
    model = judged_model()
    chosen = choose(model, config=WHATEVER_THE_SPEED.model_copy(update={"candidates": (precision,)}))
    (candidate,) = chosen.choice.candidates
    assert chosen.choice.sentences() == [f"{precision}: served."]
    assert chosen.exported.precision == chosen.choice.served == precision
    assert chosen.exported.size_bytes < 0.75 * model.exported.size_bytes
    classifier = ImageClassifier(chosen.exported.onnx, threads=1)
    logits = classifier.logits(np.asarray(model.test.pixels[:]))
    np.testing.assert_allclose(chosen.evaluation.test.logits, logits, atol=1e-5, rtol=1e-5)
    assert chosen.evaluation.test.content_hash != model.evaluation.test.content_hash
    assert chosen.evaluation.temperature == model.evaluation.temperature
    assert chosen.evaluation.rules == model.evaluation.rules
    assert chosen.gate_report.verdict is Verdict.PASS
    assert candidate.evidence_hash == evidence_hash(chosen.evaluation, chosen.gate_report)
    assert chosen.gate_report.candidates == model.evaluation.candidates + 1


def test_a_served_graph_says_what_it_is_and_keeps_what_it_gives() -> None:
    model = judged_model()
    chosen = choose(model, config=INT8)
    full, served = (ImageClassifier(each.onnx, threads=1) for each in (model.exported, chosen.exported))
    assert served.metadata == replace(
        full.metadata,
        precision="int8",
        full_precision_sha256=model.exported.sha256,
        embeddings=served.metadata.embeddings,
        self_test=served.metadata.self_test,
    )
    assert served.metadata.self_test is not None
    reduction = chosen.exported.reduction
    assert reduction is not None
    assert reduction.full_precision_sha256 == model.exported.sha256
    assert reduction.full_precision_predictions == model.evaluation.test.content_hash
    image = np.asarray(model.test.pixels[0])
    answer, expected = served.answer_pixels(image), full.answer_pixels(image)
    assert np.linalg.norm(answer.embedding - expected.embedding) < 0.3 * np.linalg.norm(expected.embedding)
    for label in served.metadata.classes:
        ours, theirs = served.explain_pixels(image, label=label), full.explain_pixels(image, label=label)
        assert np.abs(ours.values - theirs.values).mean() < 0.15


def test_the_same_is_chosen_with_the_same_bytes_again() -> None:
    first, again = (choose(judged_model(), config=INT8) for _ in range(2))
    assert first.exported.sha256 == again.exported.sha256
    assert first.choice.candidates[0].changes == again.choice.candidates[0].changes


def test_a_broken_class_is_refused_by_its_name() -> None:
    def forget_left(weights: dict[str, Any]) -> None:
        name = head_of(weights)
        values = numpy_helper.to_array(weights[name]).copy()
        values[0] -= 1000
        changed(weights, name, values)

    model = with_weights(judged_model(), forget_left)
    chosen = choose(model, config=INT8)
    (refusals,) = [each.refusals for each in chosen.choice.candidates]
    assert any("sensitivity of left drops by 1.000 (60 of 60 cases lost, 0 won)" in each for each in refusals)
    assert not any("sensitivity of right drops" in each for each in refusals)
    assert refusals[0].startswith("the gate says FAIL of its own answers: ")
    assert "; sensitivity of left: 0.000 is below the threshold" in refusals[0]
    assert chosen.exported is model.exported
    assert chosen.evaluation is model.evaluation
    assert chosen.gate_report is model.gate_report
    assert chosen.choice.served == "fp32"
    assert chosen.choice.files == {}


def test_a_candidate_that_the_gate_does_not_pass_is_refused_though_it_is_within_the_margin() -> None:
    # So high a bar that its interval never clears it.
    chosen = choose(judged_model(), config=INT8, judge=lambda evaluation: gate(evaluation, accuracy=1.0))
    (candidate,) = chosen.choice.candidates
    assert all(change.is_within(0.1) for change in candidate.changes)
    assert len(candidate.refusals) == 1
    assert candidate.refusals[0].startswith("the gate says INCONCLUSIVE of its own answers: accuracy")
    assert chosen.choice.served == "fp32"


def test_weights_beyond_half_precision_are_refused() -> None:
    first = next(
        node.input[1]
        for node in onnx.load_model_from_string(judged_model().exported.onnx).graph.node
        if node.op_type == "Conv"
    )
    model = with_weights(
        judged_model(), lambda weights: changed(weights, first, numpy_helper.to_array(weights[first]) * 1e6)
    )
    chosen = choose(model, config=WHATEVER_THE_SPEED.model_copy(update={"candidates": ("fp16",)}))
    assert chosen.choice.candidates[0].refusals
    assert chosen.exported is model.exported


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_answers_that_are_no_numbers_are_refused(precision: str) -> None:
    def overflow(weights: dict[str, Any]) -> None:
        name = head_of(weights)
        changed(weights, name, np.full_like(numpy_helper.to_array(weights[name]), np.inf))

    model = with_weights(judged_model(), overflow)
    chosen = choose(model, config=WHATEVER_THE_SPEED.model_copy(update={"candidates": (precision,)}))
    (candidate,) = chosen.choice.candidates
    assert "logits that are no finite numbers, first on test image 0" in candidate.refusals[0]
    assert candidate.gate_report is None
    assert chosen.exported is model.exported


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_probabilities_that_do_not_follow_from_the_judged_logits_are_refused(precision: str) -> None:
    graph = onnx.load_model_from_string(judged_model().exported.onnx).graph
    (divided,) = [node for node in graph.node if node.op_type == "Div" and node.input[0] == "logits"]
    model = with_weights(
        judged_model(), lambda weights: changed(weights, divided.input[1], np.asarray(50.0, dtype=np.float32))
    )
    chosen = choose(model, config=WHATEVER_THE_SPEED.model_copy(update={"candidates": (precision,)}))
    (candidate,) = chosen.choice.candidates
    assert candidate.refusals[0].startswith("its probabilities are not those of its logits: on test image ")
    assert chosen.exported is model.exported


def test_a_slow_candidate_is_not_served_however_good_it_is() -> None:
    config = INT8.model_copy(update={"minimum_speedup": 1e6})
    chosen = choose(judged_model(), config=config)
    (refusal,) = chosen.choice.candidates[0].refusals
    assert "minimum_speedup" in refusal
    assert chosen.choice.served == "fp32"
    # It is proven all the same, and may be wanted elsewhere.
    assert set(chosen.choice.files) == {"int8"}


@pytest.mark.parametrize("images", ["one", "one class", "black", "none"])
def test_poor_calibration_images_end_in_a_judgement_or_a_reason(images: str) -> None:
    training = judged_model().training
    rows = {"one": [0], "one class": np.flatnonzero(training.labels == 0).tolist(), "black": [0, 1], "none": []}[images]
    poor = training.take(np.asarray(rows, dtype=np.int64))
    if images == "black":
        poor = replace(poor, pixels=np.zeros_like(poor.pixels))
    chosen = choose(judged_model(), config=INT8, training=poor)
    (candidate,) = chosen.choice.candidates
    if images == "none":
        assert candidate.refusals == ("there is no training image to measure the ranges of its features on",)
    else:
        assert candidate.gate_report is not None


def test_test_images_on_disk_are_judged_alike() -> None:
    model = judged_model()
    pixels = PixelRows(np.asarray(model.test.pixels[:]), np.arange(len(model.test)))
    on_disk = choose(model, config=INT8, test=replace(model.test, pixels=pixels))
    assert on_disk.evaluation.test.content_hash == choose(model, config=INT8).evaluation.test.content_hash


def test_other_test_images_are_refused() -> None:
    with pytest.raises(ValueError, match="test images of the evaluation"):
        choose(judged_model(), test=judged_model().training)


def test_nothing_is_tried_with_a_model_that_did_not_pass() -> None:
    with pytest.raises(GateNotPassedError):
        choose(judged_model(), gate_report=make_gate_report(Verdict.FAIL))


def test_what_was_tried_comes_back_as_it_was() -> None:
    choice = choose(judged_model()).choice
    again = PrecisionChoice.from_dict(choice.to_dict(), files=choice.files)
    assert again.to_dict() == choice.to_dict()
    assert [each.precision for each in again.candidates] == ["fp16", "int8"]


def test_metadata_of_fewer_bits_name_the_graph_they_were_made_of() -> None:
    full = ModelMetadata.from_properties(
        {each.key: each.value for each in onnx.load_model_from_string(judged_model().exported.onnx).metadata_props}
    )
    with pytest.raises(ValueError, match="hash of the graph"):
        replace(full, precision="int8")
    with pytest.raises(ValueError, match="hash of the graph"):
        replace(full, full_precision_sha256="a" * 64)


def test_a_candidate_is_named_once() -> None:
    with pytest.raises(ValueError, match="each precision once"):
        ReducedPrecisionConfig(candidates=("int8", "int8"))


def test_images_are_told_to_be_unlike_the_training_images_by_the_graph_that_is_served() -> None:
    model = judged_model()
    classifier = ImageClassifier(choose(model, config=INT8).exported.onnx, threads=1)
    reference = classifier.metadata.embeddings
    assert reference is not None
    held_out = classifier.embeddings(np.asarray(model.training.pixels[40:60]))
    assert max(map(reference.distance, held_out)) == pytest.approx(reference.largest_distance, rel=1e-3)


def test_heat_maps_that_are_less_alike_than_is_asked_for_are_refused_however_good_the_answers_are() -> None:
    config = INT8.model_copy(update={"minimum_map_correlation": 1.0})
    chosen = choose(judged_model(), config=config)
    (candidate,) = chosen.choice.candidates
    (refusal,) = candidate.refusals
    assert refusal.startswith("its heat maps are others than in fp32: over 48 test images their mean correlation is ")
    assert chosen.exported is judged_model().exported
    assert chosen.choice.files == {}


def test_embeddings_and_heat_maps_are_held_against_those_of_single_precision() -> None:
    model = judged_model()
    chosen = choose(model, config=INT8)
    (candidate,) = chosen.choice.candidates
    served, full = (ImageClassifier(each.onnx, threads=1) for each in (chosen.exported, model.exported))
    pixels = np.asarray(model.test.pixels[:])
    ours, theirs = (each.embeddings(pixels).astype(np.float64) for each in (served, full))
    cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    embeddings, maps = candidate.resemblances
    assert (embeddings.subject, embeddings.images) == ("embeddings", 120)
    assert embeddings.mean == pytest.approx(cosines.mean(), abs=1e-4)
    assert embeddings.lowest == pytest.approx(cosines.min(), abs=1e-4)
    correlations = []
    for row in np.linspace(0, 119, num=48).astype(np.int64):
        label = full.predict_pixels(pixels[row]).label
        values = [each.explain_pixels(pixels[row], label=label).values.ravel() for each in (served, full)]
        correlations.append(np.corrcoef(*values)[0, 1])
    assert (maps.subject, maps.images) == ("heat maps", 48)
    assert maps.mean == pytest.approx(np.mean(correlations), abs=1e-4)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_an_image_is_answered_alike_alone_and_among_others(precision: str) -> None:
    model = judged_model()
    chosen = choose(model, config=WHATEVER_THE_SPEED.model_copy(update={"candidates": (precision,)}))
    classifier = ImageClassifier(chosen.exported.onnx, threads=2)
    together = classifier.logits(np.asarray(model.test.pixels[:]))
    # What is in fewer bits is the same bit for bit; the head is in single precision, whose sums depend on the batch.
    np.testing.assert_allclose(together, chosen.evaluation.test.logits, atol=1e-5, rtol=1e-5)
