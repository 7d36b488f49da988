"""Where a network runs: on a GPU if there is one, unless the configuration says otherwise."""

from rlm_pipeline.errors import EncoderError


def choose(device: str) -> str:
    """The torch device for `auto`, `cpu`, `cuda` or `mps`: auto takes CUDA, then Apple's Metal, then the CPU.

    Raises:
        EncoderError: the device asked for is not there.

    """
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, is_there in present.items() if is_there)
    if not present[device]:
        raise EncoderError(
            f"embedding.device {device}: torch {torch.__version__} finds no such device here; set it to auto or cpu, "
            "or install the torch build for this machine's GPU"
        )
    return device
