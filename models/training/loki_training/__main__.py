"""Command line: python3 -m loki_training STAGE ..."""
import os

# Before torch: two thread pools fight, and threads that spin while they wait make a busy machine many times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from .cli import main  # noqa: E402

main()
