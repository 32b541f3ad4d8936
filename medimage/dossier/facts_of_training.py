"""What a run knows of its model and of how it was trained."""

from medimage.config.stage import StageConfig
from medimage.dossier.fact import Fact
from medimage.dossier.run_record import RunRecord
from medimage.wording import counted, listed


def facts_of_training(record: RunRecord) -> dict[str, Fact]:
    """Returns facts on model and training, by name; what the run does not know is left out.

    Args:
        record: The run.
    """
    spec, config, provenance = record.training.spec, record.config, record.context.provenance
    title = config.description or f"Classification of {config.problem} images"
    facts = {
        "title": Fact(text=f"{title.rstrip('.')}, by a deep neural network", anchor="origin"),
        "model": Fact(
            text=f"{spec.name} (timm {spec.timm_name}) with the head {spec.head}, {record.training.parameters:,} "
            f"parameters; in: one image of {spec.input_size} x {spec.input_size} pixels, out: the probability of each "
            f"of {len(spec.classes)} classes",
            anchor="origin",
        ),
        "output": Fact(text=_output(record), anchor="decisions" if record.evaluation.rules else "errors"),
        "predictors": Fact(
            text=f"The pixels of one image, {spec.channels} {'channel' if spec.channels == 1 else 'channels'}; "
            "nothing else of the patient goes in",
            anchor="origin",
        ),
        "initialization": Fact(text=_initialization(record), anchor="origin"),
        "ensemble": Fact(text=_ensemble(record), anchor="origin"),
        "imbalance": Fact(text=_imbalance(record), anchor="gate"),
        "software": Fact(
            text=f"{listed([f'{name} {value}' for name, value in provenance.items() if name in _LIBRARIES])}; all "
            "others are in sbom.json",
            anchor="origin",
        ),
        "reproducibility": Fact(
            text="The whole configuration stands in this report; evidence.json binds data, split, code, weights and "
            "report by hash",
            anchor="origin",
        ),
    }
    if record.training.history.stages:
        # Learning curves are drawn of one model that had epochs.
        anchor = "training" if record.training.history.epochs and not record.folds else "origin"
        facts["training"] = Fact(text=f"{_recipe(record)}; {record.training.sentence()}", anchor=anchor)
        facts["selection"] = Fact(text=_selection(record), anchor=anchor)
    return facts


_LIBRARIES = ("medimage", "torch", "timm", "onnxruntime", "numpy", "zenml")


def _output(record: RunRecord) -> str:
    rules, classes = record.evaluation.rules, record.training.spec.classes
    answer = f"A probability of each class: {listed(classes)}; the largest one decides"
    if rules is None:
        own = "; thresholds are those of each fold's model" if record.folds else ", so that no threshold was chosen"
        return f"{answer}{own}"
    points = sum(point.threshold is not None for point in rules.operating_points.values())
    fitted = [f"operating points of {points} of {len(rules.operating_points)} classes"]
    if rules.abstention is not None and rules.abstention.threshold is not None:
        fitted.append("a confidence below which answers are withheld")
    if rules.conformal is not None and rules.conformal.thresholds:
        fitted.append("sets of classes")
    return f"{answer}, and is what the gate judges; beside it, fitted on validation images: {listed(fitted)}"


def _initialization(record: RunRecord) -> str:
    model = record.config.model
    if model.weights is not None:
        return "The network started from a file of weights that the configuration names"
    if model.pretrained:
        return "The network started from pretrained weights of timm's hub"
    return f"The network started from random weights, with the seed {record.config.seed}"


def _ensemble(record: RunRecord) -> str:
    flips = record.training.spec.test_time_augmentation
    views = f"; it answers with the mean over {listed([flip.replace('_', ' ') for flip in flips])}" if flips else ""
    if record.folds:
        kind = "are combined to an ensemble" if record.config.cross_validation.ensemble else "are not combined"
        return f"{record.folds} models, each trained without one fold, {kind}{views}"
    return f"One model, no ensemble{views}"


def _imbalance(record: RunRecord) -> str:
    training = record.config.training
    found = [criterion for criterion in record.gate_report.criteria if criterion.name == "imbalance_ratio"]
    ratio = (
        f"The largest class of the training images has {found[0].estimate:.1f} times the smallest; " if found else ""
    )
    if training.sampling == "balanced":
        return f"{ratio}every class was drawn equally often"
    weights = training.class_weights
    how = {"none": "nothing was done about it", "auto": "classes were weighted by inverse frequency"}
    return f"{ratio}{'classes were weighted as configured' if isinstance(weights, dict) else how[weights]}"


def _recipe(record: RunRecord) -> str:
    training = record.config.training
    stages = [_stage(number, training.stage(number)) for number in training.trained_stages]
    smoothing = f"label smoothing {training.label_smoothing:g}"
    return f"Cross-entropy with {smoothing}, seed {record.config.seed}; {'; '.join(stages)}"


def _stage(number: int, stage: StageConfig) -> str:
    trained = {"head": "the head", "all": "everything"}.get(
        str(stage.trainable), f"the head and {stage.trainable} blocks"
    )
    return f"stage {number} trains {trained} for at most {counted(stage.epochs, 'epoch')} with {stage.optimizer}"


def _selection(record: RunRecord) -> str:
    training = record.config.training
    last = training.stage(training.trained_stages[-1])
    if last.selection == "last":
        return "The weights of the last epoch were taken, by rule and without a look at the test images"
    return "The weights with the best validation accuracy were taken; the test images had no part in it"
