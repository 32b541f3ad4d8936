"""GPUs: those that the driver has, and whether PyTorch can use them."""

from medimage.doctor.finding import Finding, State, fine
from medimage.hardware.concerns import concerns_about_gpu
from medimage.hardware.nvidia import NvidiaGpus


def check_gpus() -> tuple[Finding, ...]:
    """Asks the driver and PyTorch, which takes a second to import."""
    gpus = NvidiaGpus()
    loads = gpus.read(processes=False)
    if not loads:
        return (fine("GPU", f"none: {gpus.problem}; training takes the processor"),)
    import torch  # noqa: PLC0415 - takes a second, which a machine without a GPU need not wait

    names = ", ".join(f"{load.index}: {load.name}" for load in loads)
    if not torch.cuda.is_available():
        return (
            Finding(
                subject="GPU",
                state=State.PROBLEM,
                told=f"{names}; PyTorch {torch.__version__} cannot use it",
                advice="Its driver is older than PyTorch needs (`nvidia-smi` names both), the container was started "
                "without GPUs (`--gpus all`), or CUDA_VISIBLE_DEVICES hides them.",
            ),
        )
    found = [fine("GPU", f"{names}; PyTorch uses {torch.cuda.device_count()}")]
    found += [
        Finding(subject="GPU", state=State.NOTE, told=told, advice="`medimage gpu` shows what runs on it.")
        for load in loads
        for told in concerns_about_gpu(load)
    ]
    return tuple(found)
