"""Work on many images that pods share."""

from typing import Annotated

from pydantic import Field

from medimage.config.section import Section

Pods = Annotated[int, Field(ge=1, le=256)]


class FanOutConfig(Section):
    """In how many shares work on many images is done, each by a step of its own.

    The result is the same, byte for byte, however many there are. Folds and candidates always run side by side. The
    local stack runs shares, folds and candidates one after the other.
    """

    pixels: Pods = 1
    """Shares in which images are decoded and resized. A further step makes one pixel store of them."""

    inference: Pods = 1
    """Shares in which `inference_pipeline` answers on the files of a folder."""

    least_images: Annotated[int, Field(ge=1)] = 1000
    """Images that a share has at least, so that fewer shares are made of few images: the start of a pod takes as long
    as some hundred to some thousand images. Not of pixels in Kubeflow, which makes all pods before anybody has counted
    the images."""

    at_once: Pods | None = None
    """Shares, folds or candidates under way at one time; all of them when not given. The time of a step begins when
    its pod is made, so where GPUs are few, give their number: none is then made before its turn. Not for Kubeflow,
    which starts every step whose inputs are there."""
