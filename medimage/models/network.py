"""The network: normalisation at the door, a timm backbone, a classification head."""

from dataclasses import dataclass
from typing import Any, Self, cast

import torch
from torch import Tensor, nn

from medimage.models.flip_views import all_views, mean_of_views
from medimage.models.trained_model import ModelSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class ForwardPass:
    """What a network works out of some images on its way to the logits.

    Features and embedding are those of the images as they are, whatever flips the logits average over.

    Attributes:
        features: Last features before pooling, in the backbone's own layout; a list of several in some backbones.
        embedding: Float [batch, width]: the pooled features, which the head takes.
        logits: Float32 [batch, classes].
    """

    features: Any
    embedding: Tensor
    logits: Tensor


class Network(nn.Module):
    """A classifier from stored pixels to logits.

    The stored images are uint8 with one or three channels; normalisation and the expansion of gray to three channels
    are part of the network, so that whoever runs it, in whatever format, cannot get them wrong.

    Attributes:
        spec: What the network was built from.
        backbone: timm model without a classifier.
        head: Module from pooled features to logits.
    """

    pixel_scale: Tensor
    pixel_offset: Tensor

    def __init__(self, *, spec: ModelSpec, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.spec = spec
        self.backbone = backbone
        self.head = head
        mean = torch.tensor(spec.normalization.mean, dtype=torch.float64).view(1, -1, 1, 1)
        std = torch.tensor(spec.normalization.std, dtype=torch.float64).view(1, -1, 1, 1)
        # The statistics belong to the spec. A second copy among the weights could only disagree with it.
        self.register_buffer("pixel_scale", (1 / (255 * std)).float(), persistent=False)
        self.register_buffer("pixel_offset", (mean / std).float(), persistent=False)

    def normalize(self, values: Tensor) -> Tensor:
        """Normalises pixels and expands gray to three channels.

        Args:
            values: Float [batch, channels, height, width], values 0 to 255.

        Returns:
            Float [batch, 3, height, width]: scaled to [0, 1], minus the mean, over the standard deviation.
        """
        normalized = values * self.pixel_scale - self.pixel_offset
        return normalized.expand(-1, 3, -1, -1) if self.spec.channels == 1 else normalized

    def prepare(self, pixels: Tensor) -> Tensor:
        """Turns stored pixels into the backbone's input.

        Args:
            pixels: uint8 [batch, height, width, channels].

        Returns:
            Float [batch, 3, height, width], normalised.
        """
        return self.normalize(pixels.permute(0, 3, 1, 2).to(self.pixel_scale.dtype))

    def forward_features(self, images: Tensor) -> Tensor:
        """Computes the features before pooling, in the backbone's own layout.

        Args:
            images: Float [batch, 3, height, width], as `prepare` gives them.

        Returns:
            [batch, channels, rows, columns] for convolutional networks, [batch, rows, columns, channels] for Swin,
            [batch, tokens, channels] for vision transformers.
        """
        return cast(Any, self.backbone).forward_features(images)

    def pool(self, features: Tensor) -> Tensor:
        """Pools features the way the backbone does it before its own classifier.

        Args:
            features: What `forward_features` gave.

        Returns:
            Float [batch, width].
        """
        return cast(Any, self.backbone).forward_head(features, pre_logits=True)

    def forward_head(self, features: Tensor) -> Tensor:
        """Pools features and classifies them.

        Args:
            features: What `forward_features` gave.

        Returns:
            Logits, float32 [batch, classes].
        """
        return self.head(self.pool(features)).float()

    def forward(self, pixels: Tensor) -> Tensor:
        """Classifies stored pixels.

        In evaluation mode that is with test-time augmentation, where the specification has it: this is what is judged,
        exported and served. `forward_features` and `forward_head`, which training and heat maps use, are without it.

        Args:
            pixels: uint8 [batch, height, width, channels].

        Returns:
            Logits, float32 [batch, classes]; with test-time augmentation the logarithm of the mean probabilities, whose
            softmax is that mean.
        """
        return self.forward_pass(pixels).logits

    def forward_pass(self, pixels: Tensor) -> ForwardPass:
        """Classifies as `forward` does, and gives what was worked out on the way.

        Args:
            pixels: uint8 [batch, height, width, channels].
        """
        images = self.prepare(pixels)
        flips = () if self.training else self.spec.test_time_augmentation
        views = all_views(images, flips)
        features = self.forward_features(torch.cat(views) if flips else images)
        embedding = self.pool(features)
        logits = self.head(embedding).float()
        if flips:
            # Not len(), which would fix the batch size where the network is exported.
            batch = images.shape[0]
            features = features[:batch] if isinstance(features, Tensor) else features
            embedding, logits = embedding[:batch], mean_of_views(logits, views=len(views))
        return ForwardPass(features=features, embedding=embedding, logits=logits)

    def train(self, mode: bool = True) -> Self:
        """Sets training mode, except for modules of which no parameter is trained: they stay in evaluation mode.

        A frozen BatchNorm in training mode would still replace its running statistics with those of the batches,
        and frozen dropout would only add noise to features that cannot adapt to it.

        Args:
            mode: Training (`True`) or evaluation mode.
        """
        super().train(mode)
        if mode:
            for module in self.modules():
                parameters = list(module.parameters())
                if parameters and not any(parameter.requires_grad for parameter in parameters):
                    module.eval()
        return self
