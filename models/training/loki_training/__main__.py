"""Command line: python3 -m loki_training STAGE ..."""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before torch: two thread pools fight, training is 3 times slower

from .cli import main  # noqa: E402

main()
