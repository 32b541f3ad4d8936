"""The report's section on the folds of a cross-validation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from markupsafe import Markup

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.sentences import faithfulness
from medimage.evaluation.figures.estimates import draw_estimates
from medimage.evaluation.figures.learning_curves import draw_learning_curves
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.metrics.sensitivity_floor import sensitivity_floor
from medimage.evaluation.report.fold_figures import WHY_POOLED, FoldFigures, Spread, mean_confidence, spread_over_folds
from medimage.evaluation.report.template import number, render_template
from medimage.models.training_record import TrainingRecord

_POOLED = "all folds, pooled"
_COLUMNS = (
    ("accuracy", "Accuracy"),
    ("balanced_accuracy", "Balanced accuracy"),
    ("macro_f1", "Macro F1"),
    ("auroc", "Mean AUROC"),
)


@dataclass(frozen=True, kw_only=True)
class FoldRow:
    """One fold in the report.

    Attributes:
        figures: What its model reached on its test fold.
        training: How it was trained, in words.
        faithfulness: How faithful its heat maps are, in words.
        curves: Its learning curves, as SVG; None where nothing was trained.
    """

    figures: FoldFigures
    training: str
    faithfulness: str
    curves: bytes | None

    @classmethod
    def of(cls, figures: FoldFigures, *, training: TrainingRecord, explanation: Explanation) -> Self:
        """Puts together what is told of a fold."""
        told = [f"{name}: {value}" for name, value in faithfulness(explanation).items()]
        epochs = training.history.epochs
        return cls(
            figures=figures,
            training=training.sentence(),
            faithfulness="; ".join(told),
            curves=draw_learning_curves(epochs) if epochs else None,
        )


def render_folds(rows: Sequence[FoldRow], pooled: Evaluation, *, is_ensemble: bool) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        rows: The folds.
        pooled: Their out-of-fold predictions together.
        is_ensemble: Whether the models of all folds are to become one.
    """
    figures = [row.figures for row in rows]
    drawn = [(f"fold {fold.fold}", fold.metrics["balanced_accuracy"]) for fold in figures]
    picture = draw_estimates(
        [*drawn, (_POOLED, pooled.metrics.balanced_accuracy)], title="Balanced accuracy", emphasised=[_POOLED]
    )
    return render_template(
        "report_folds.html.j2",
        filters={"spread": _spread},
        rows=rows,
        columns=_COLUMNS,
        spread=spread_over_folds(figures),
        pooled=pooled.metrics.overall(),
        floor=sensitivity_floor(pooled.metrics),
        confidence=mean_confidence(pooled),
        images=len(pooled.test),
        cases=len(set(pooled.test.groups)),
        level=pooled.confidence,
        why=WHY_POOLED,
        is_ensemble=is_ensemble,
        picture=picture,
    )


def fold_meanings(*, is_ensemble: bool) -> dict[Verdict, str]:
    """Returns what each verdict on the pooled predictions means."""
    passed = (
        "The folds' models are exported, registered and packaged as one ensemble, as the challenger: the ensemble "
        "itself was judged on no unseen image."
        if is_ensemble
        else "No model is exported: set cross_validation.ensemble for one model of all folds, or train one with "
        "pipelines.train_pipeline."
    )
    return {
        Verdict.PASS: f"The evidence is enough for this recipe, whose models were judged on the fold that each had not "
        f"seen. {passed}",
        Verdict.INCONCLUSIVE: "The estimates hold, but the evidence is not enough for this recipe.",
        Verdict.FAIL: "Models of this recipe must not be exported, registered or packaged.",
    }


def _spread(spread: Spread) -> str:
    return number(spread.mean) if math.isnan(spread.sd) else f"{spread.mean:.3f} ± {spread.sd:.3f}"
