"""One training step: loss, gradients, weights. On a GPU it is recorded once as a CUDA graph and replayed, since its some
thousand small kernels take the host several times as long to launch as the GPU to run."""
import torch

from .prefetch import tensors

CLIP_NORM = 1.0
#: Steps before a recording: convolutions are measured, the optimiser's state is made.
WARM_UPS = 3


class Step:
    """Runs where it is called. Returns {figure: scalar tensor}."""

    def __init__(self, stage, optimiser, device):
        self.stage, self.optimiser, self.device = stage, optimiser, device

    def __call__(self, batch, drawn):
        # Recorded casts of weights must not be taken from a cache that a replay doesn't fill.
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.device == "cuda", cache_enabled=False):
            loss, values = self.stage.loss(batch, drawn)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        for group in self.optimiser.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], CLIP_NORM)
        self.optimiser.step()
        return {name: value.detach() for name, value in {"loss": loss, **values}.items()}


class RecordedStep:
    """The step as a CUDA graph, recorded with the first batch; every later one is copied to where that lay."""

    def __init__(self, step, batch, drawn):
        self.held = {name: tensor.clone() for name, tensor in {**tensors(batch), **drawn}.items()}
        batch = type(batch)(**{name: self.held[name] for name in tensors(batch)})
        drawn = {name: self.held[name] for name in drawn}
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UPS):
                step(batch, drawn)
        torch.cuda.current_stream().wait_stream(side)
        step.optimiser.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.values = step(batch, drawn)

    def __call__(self, batch, drawn):
        for name, tensor in {**tensors(batch), **drawn}.items():
            self.held[name].copy_(tensor, non_blocking=True)
        self.graph.replay()
        return {name: value.clone() for name, value in self.values.items()}
