"""The paper's architecture at its own scale (Navard and Lim, "Loki", arXiv 2605.24176): see docs/loki-pack.md."""
