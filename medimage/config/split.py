"""How images are divided into training, validation and test images."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.names import ResourceName
from medimage.config.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]
GivenSplit = Literal["honour", "repair", "ignore"]


class SplitConfig(Section):
    """A stratified split that no group (patient, lesion, duplicate cluster) crosses."""

    given: GivenSplit = "honour"
    """What to do with the split that the data come with, if any. `honour` keeps it, and stops where a group or
    duplicate crosses it. `repair` keeps its test images, and leaves out the images of other parts that a crossing
    group has there; between training and validation, validation keeps its own. `ignore` divides all images anew."""

    test_set: ResourceName | None = "default"
    """Name under which the test set is locked by the first run. Later runs on the same problem, classes and data test
    on exactly those images, whatever arrives, and whatever `test` or `seed` are by then; another name locks another
    test set. Data count as the same where they lie in the same place, or where all images of the test set are found
    among them by hash: moved, packed into an archive, or read in another way. With only some of them, the run stops.
    Where classes come, or are renamed or merged by `data.labels`, its images stay test images, new classes get some of
    their own, and it is told; where that cannot be, a new test set is drawn, and it is told which one is left and why.
    Another `data.images_per_class` or `data.synthetic` makes other data. With `folds`, its images are in no fold. With
    null, each run draws its own, and folds take all images."""

    train: Share = 0.70
    """Share of the images to train on."""

    validation: Share = 0.15
    """Share to choose the checkpoint, the temperature and the operating points on."""

    test: Share = 0.15
    """Share that is read once, to judge the model; where there are `folds`, one fold takes its place."""

    folds: Annotated[int, Field(ge=2)] | None = None
    """Divide into so many stratified folds instead of by `test`; one of them is the test set, and none is locked."""

    test_fold: Annotated[int, Field(ge=0)] = 0
    """Which of the `folds` is the test set, counted from 0."""

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train, validation and test must add up to 1 but give {total:.4f}")
        if self.folds is None and self.test_fold != 0:
            raise ValueError(f"test_fold is {self.test_fold} but has no effect without folds: give split.folds too")
        if self.folds is not None and self.test_fold >= self.folds:
            raise ValueError(f"test_fold must be below folds ({self.folds}) but is {self.test_fold}")
        return self
