"""Did a run learn? What the loss of the first stages was at their end against their beginning."""
from .journal import read

#: A stage with fewer log lines says nothing.
MINIMUM_LINES = 3


def check(run):
    """Raises where a loss did not fall; prints by how much it did."""
    log = read(run)
    for stage, figure in (("autoencoder", "gain"), ("denoiser", "v")):
        values = [entry[figure] for entry in log if entry["stage"] == stage]
        if len(values) < MINIMUM_LINES:
            raise SystemExit(f"{run} has too few log lines of stage {stage} to tell: train longer.")
        print(f"{stage}: {figure} {values[0]:.4f} -> {values[-1]:.4f}")
        if not values[-1] < values[0]:
            raise SystemExit(f"The loss of stage {stage} did not fall: look at {run}/curves.png.")
