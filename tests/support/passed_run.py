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
    "promote_model",
    "package_bento",
    "link_model_version",
)
"""In the order in which they run."""
