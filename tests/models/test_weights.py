from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from medimage.config.model import ModelConfig
from medimage.errors import WeightsError
from medimage.models.build import build_network
from medimage.models.weights import check_weights_available, load_pretrained_weights
from tests.support.training import specification


def written(state: dict[str, torch.Tensor], folder: Path, name: str = "weights.safetensors") -> Path:
    save_file({key: value.contiguous() for key, value in state.items()}, folder / name)
    return folder / name


def configured(file: Path, *, name: str = "test_resnet", size: int = 32) -> ModelConfig:
    return ModelConfig(name=name, weights=file, input_size=size)


@pytest.mark.parametrize("classes", [1000, 1001, 5])
def test_backbone_takes_the_weights_and_the_classifier_is_dropped(classes: int, tmp_path: Path) -> None:
    donor = timm.create_model("test_resnet", num_classes=classes)
    model = configured(written(donor.state_dict(), tmp_path))
    check_weights_available(model)
    network = build_network(specification(), seed=0)
    head = network.head[0].weight.clone()
    load_pretrained_weights(network, model)
    for key, value in network.backbone.state_dict().items():
        assert torch.equal(value, donor.state_dict()[key]), key
    assert torch.equal(network.head[0].weight, head)


def test_both_classifiers_of_a_distilled_transformer_are_dropped(tmp_path: Path) -> None:
    donor = timm.create_model("deit_tiny_distilled_patch16_224", num_classes=3, img_size=32)
    check_weights_available(configured(written(donor.state_dict(), tmp_path), name="deit_tiny_distilled_patch16_224"))


def test_position_embeddings_are_resized_to_the_input_size(tmp_path: Path) -> None:
    donor = timm.create_model("test_vit", img_size=64)
    model = configured(written(donor.state_dict(), tmp_path), name="test_vit", size=32)
    check_weights_available(model)
    network = build_network(specification("test_vit"), seed=0)
    load_pretrained_weights(network, model)
    assert torch.equal(network.backbone.get_parameter("cls_token"), donor.cls_token)
    assert network.backbone.get_parameter("pos_embed").shape != donor.pos_embed.shape


def test_files_without_batch_norm_counters_are_taken(tmp_path: Path) -> None:
    state = timm.create_model("test_resnet").state_dict()
    kept = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    model = configured(written(kept, tmp_path))
    check_weights_available(model)
    load_pretrained_weights(build_network(specification(), seed=0), model)


def test_weights_of_another_architecture_are_refused_with_a_list(tmp_path: Path) -> None:
    file = written(timm.create_model("test_efficientnet").state_dict(), tmp_path)
    with pytest.raises(WeightsError) as refused:
        check_weights_available(configured(file))
    message = str(refused.value)
    assert "missing: conv1.0.weight" in message
    assert "unexpected: " in message
    assert " more." in message
    assert str(file) in message


def test_weights_of_another_width_are_refused_with_the_shapes(tmp_path: Path) -> None:
    state = timm.create_model("test_resnet").state_dict()
    state["bn1.weight"] = torch.ones(7)
    with pytest.raises(WeightsError, match=r"bn1\.weight \(expected \[\d+\], found \[7\]\)"):
        check_weights_available(configured(written(state, tmp_path)))


def test_weights_with_nan_are_refused(tmp_path: Path) -> None:
    state = timm.create_model("test_resnet").state_dict()
    state["bn1.weight"] = state["bn1.weight"] * float("nan")
    with pytest.raises(WeightsError, match=r"NaN or infinity in 1 tensors, first in bn1\.weight"):
        check_weights_available(configured(written(state, tmp_path)))


def test_truncated_file_is_refused(tmp_path: Path) -> None:
    file = written(timm.create_model("test_resnet").state_dict(), tmp_path)
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match="truncated or of another kind"):
        check_weights_available(configured(file))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file, as torch.save writes it", b"\xff" * 64])
def test_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be read as safetensors"):
        check_weights_available(configured(file))


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        check_weights_available(configured(tmp_path / "absent.safetensors"))
    with pytest.raises(WeightsError, match="is a folder"):
        check_weights_available(configured(tmp_path))


def test_random_weights_need_nothing() -> None:
    model = ModelConfig(name="test_resnet", pretrained=False, input_size=32)
    check_weights_available(model)
    network = build_network(specification(), seed=0)
    before = network.backbone.get_parameter("conv1.0.weight").clone()
    load_pretrained_weights(network, model)
    assert torch.equal(network.backbone.get_parameter("conv1.0.weight"), before)


@pytest.mark.real_images
def test_real_imagenet_weights_load(real_images: Path) -> None:
    file = real_images.parent / "weights" / "mobilenetv2_100_imagenet1001.safetensors"
    if not file.is_file():
        pytest.skip(f"there are no real weights: {file} does not exist")
    model = configured(file, name="mobilenetv2_100", size=64)
    check_weights_available(model)
    network = build_network(specification("mobilenetv2_100", size=64), seed=0)
    load_pretrained_weights(network, model)
    assert network.eval()(torch.zeros(1, 64, 64, 1, dtype=torch.uint8)).isfinite().all()
