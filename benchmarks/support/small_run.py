"""The quickstart, so small that little but the pipeline is left of it."""

SMALL_RUN = (
    *("--config", "configs/quickstart.yaml", "--split.test_set", "null"),
    *("--data.synthetic.patients_per_class", "12", "--data.synthetic.image_size", "64", "--model.input_size", "32"),
    *("--training.stage1.epochs", "1", "--training.stage2.epochs", "2", "--training.batch_size", "16"),
    *("--evaluation.latency_images", "20", "--evaluation.bootstrap_resamples", "200"),
    *("--explanation.images_per_class", "2", "--explanation.deletion_steps", "4"),
    *("--gate.accuracy", "0", "--gate.sensitivity", "0", "--gate.specificity", "0", "--gate.balanced_accuracy", "0"),
    *("--gate.auroc", "0", "--gate.calibration_error", "1", "--gate.minimum_cases_per_class", "1"),
    *("--gate.latency_p95_ms", "100000", "--gate.champion.comparison", "off"),
)
"""Arguments of a training run whose gate every model passes. No test set is locked: runs may follow each other."""
