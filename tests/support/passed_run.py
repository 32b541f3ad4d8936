"""The steps of a run whose gate is open."""

STEPS = (
    "download_dataset",
    "validate_dataset",
    "split_dataset",
    "prepare_pixels",
    "audit_shortcuts",
    "compute_normalization",
    "train_stage1",
    "train_stage2",
    "evaluate_model",
    "explain_model",
    "compare_with_champion",
    "evaluate_subgroups",
    "medical_validation_gate",
    "write_report",
    "export_onnx",
    "report_formats",
    "measure_reference",
    "promote_model",
    "package_bento",
    "link_model_version",
)
"""In the order in which they run."""

OTHER_STAGE_2 = ("--training.stage2.learning_rate", "3e-3", "--training.stage2.selection", "last")
"""What makes another model of the same first stage: the last weights differ however short the training is."""
