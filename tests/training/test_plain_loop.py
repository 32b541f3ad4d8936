"""A stage against a loop that anyone would write."""

from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn, optim
from torch.optim import lr_scheduler

from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.models.build import load_network
from medimage.training.seeds import Purpose, derive_seed
from tests.support.trained_stages import TRAIN, VALIDATION, initial, run
from tests.support.training import short_recipe

EPOCHS, BATCH, HEAD, BACKBONE = 4, 8, 2e-3, 3e-4

OPTIMIZERS: dict[str, Any] = {
    "adam": lambda groups: optim.Adam(groups, weight_decay=0.01),
    "adamw": lambda groups: optim.AdamW(groups, weight_decay=0.01),
    "adamax": lambda groups: optim.Adamax(groups, weight_decay=0.01),
    "sgd": lambda groups: optim.SGD(groups, weight_decay=0.01, momentum=0.9),
}

SCHEDULES: dict[str, tuple[ScheduleConfig, Any]] = {
    "constant": (ScheduleConfig(), lambda optimizer: lr_scheduler.ConstantLR(optimizer, factor=1.0)),
    "cosine": (
        ScheduleConfig(name="cosine", minimum=1e-6),
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS, eta_min=1e-6),
    ),
    "warm_restarts": (
        ScheduleConfig(name="warm_restarts", first_restart=2, restart_factor=1),
        lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2),
    ),
    "plateau": (
        ScheduleConfig(name="plateau", plateau_patience=0, plateau_factor=0.3),
        lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.3),
    ),
}


def plain_loop(optimizer_name: str, schedule_name: str, *, accumulation: int, clip: float | None) -> dict[str, Any]:
    """Trains by hand and returns the weights."""
    network = load_network(initial())
    groups = [
        {"params": network.head.parameters(), "lr": HEAD},
        {"params": network.backbone.parameters(), "lr": BACKBONE},
    ]
    optimizer = OPTIMIZERS[optimizer_name](groups)
    scheduler = SCHEDULES[schedule_name][1](optimizer)
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]), label_smoothing=0.1)
    pixels, labels = torch.from_numpy(np.asarray(TRAIN.pixels)), torch.from_numpy(TRAIN.labels)
    for epoch in range(1, EPOCHS + 1):
        network.train()
        order = torch.randperm(
            len(labels), generator=torch.Generator().manual_seed(derive_seed(7, 2, epoch, Purpose.IMAGES))
        )
        batches = order.split(BATCH)
        for start in range(0, len(batches), accumulation):
            optimizer.zero_grad()
            together = batches[start : start + accumulation]
            # Each batch goes through BatchNorm alone; the loss is one mean over the images of all.
            logits = torch.cat([network(pixels[rows]) for rows in together])
            loss(logits, labels[torch.cat(together)]).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimizer.step()
        network.eval()
        with torch.no_grad():
            validation = loss(
                network(torch.from_numpy(np.asarray(VALIDATION.pixels))), torch.from_numpy(VALIDATION.labels)
            )
        scheduler.step(*([float(validation)] if schedule_name == "plateau" else []))
    return network.state_dict()


@pytest.mark.parametrize(
    ("optimizer", "schedule", "accumulation", "clip"),
    [
        ("adam", "constant", 1, None),
        ("adamw", "cosine", 1, 0.5),
        ("adamax", "plateau", 2, None),
        ("sgd", "warm_restarts", 3, 0.5),
    ],
)
def test_a_stage_is_the_loop_that_its_recipe_says(
    optimizer: str, schedule: str, accumulation: int, clip: float | None
) -> None:
    config = StageConfig(
        epochs=EPOCHS,
        optimizer=optimizer,  # type: ignore[arg-type]
        learning_rate=HEAD,
        backbone_learning_rate=BACKBONE,
        weight_decay=0.01,
        schedule=SCHEDULES[schedule][0],
    )
    recipe = short_recipe(
        stage2=config, class_weights={"left": 1.0, "right": 2.0}, accumulation=accumulation, gradient_clip=clip
    )
    start = safetensors.torch.load(initial().weights)
    ours = safetensors.torch.load(run(2, recipe, batch_size=BATCH).last_weights)
    theirs = plain_loop(optimizer, schedule, accumulation=accumulation, clip=clip)
    moved, apart = (
        torch.cat([(theirs[key] - others[key]).flatten().double() for key in sorted(start)]).norm()
        for others in (start, ours)
    )
    # Sums in another order; where a gradient is nearly zero, Adam makes much of that.
    assert float(apart / moved) < 1e-3
