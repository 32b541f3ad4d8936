import torch
from torch import Tensor, nn

from medimage.config.stage import StageConfig
from medimage.models.build import build_network
from medimage.training.forward import classify_images
from medimage.training.learner import Learner
from tests.support.training import SIZE, specification


def test_weights_and_images_lie_in_memory_as_convolutions_read_them_fastest() -> None:
    network = build_network(specification(), seed=0)
    learner = Learner(network, config=StageConfig(), weight_average=None, device=torch.device("cpu"))
    convolutions = [module for module in learner.network.modules() if isinstance(module, nn.Conv2d)]
    assert convolutions
    seen: list[Tensor] = []
    for convolution in convolutions:
        assert convolution.weight.is_contiguous(memory_format=torch.channels_last)
        convolution.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    classify_images(learner.network, torch.rand(2, 3, SIZE, SIZE))
    assert len(seen) == len(convolutions)
    assert all(images.is_contiguous(memory_format=torch.channels_last) for images in seen)
