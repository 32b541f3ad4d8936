"""What becomes of the models that a cross-validation trains."""

from medimage.config.section import Section


class CrossValidationConfig(Section):
    """What the cross-validation pipeline does beyond judging a recipe on every fold; other pipelines leave it alone."""

    ensemble: bool = False
    """Export, register and package the models of all folds as one, whose probability of a class is the mean of theirs.
    Only where the gate passed on the predictions of every fold's model on the fold that it had not seen. The ensemble
    itself has seen every image, so it is registered as the challenger and never as the champion."""
