"""Which steps need alike: a stack says once what they all get."""

from typing import Final, Literal

StepClass = Literal["data", "training", "evaluation", "export", "delivery"]

STEP_CLASSES: Final[dict[str, StepClass]] = {
    "download_dataset": "data",
    "validate_dataset": "data",
    "split_dataset": "data",
    "prepare_pixels": "data",
    "compute_normalization": "data",
    "audit_shortcuts": "data",
    "find_batch_size": "training",
    "train_stage1": "training",
    "train_stage2": "training",
    "record_training": "evaluation",
    "evaluate_model": "evaluation",
    "evaluate_subgroups": "evaluation",
    "explain_model": "evaluation",
    "explain_candidate": "evaluation",
    "compare_with_champion": "evaluation",
    "compare_candidates": "evaluation",
    "judge_registered_model": "evaluation",
    "judge_folds": "evaluation",
    "pool_folds": "evaluation",
    "rank_registered_models": "evaluation",
    "medical_validation_gate": "evaluation",
    "write_report": "evaluation",
    "write_comparison_report": "evaluation",
    "write_folds_report": "evaluation",
    "write_models_report": "evaluation",
    "predict_images": "evaluation",
    "monitor_model": "evaluation",
    "export_onnx": "export",
    "export_ensemble": "export",
    "choose_precision": "export",
    "report_formats": "export",
    "measure_reference": "export",
    "promote_model": "delivery",
    "promote_ensemble": "delivery",
    "package_bento": "delivery",
    "link_model_version": "delivery",
}
"""Class of every step, by its name."""
