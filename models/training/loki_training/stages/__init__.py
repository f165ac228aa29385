"""One training stage a module; each continues from the checkpoint of the one before."""
