"""The parts of a network whose weights are replaced by random ones to check its heat maps."""

from typing import Literal

Randomised = Literal["head", "whole"]
