"""A benchmark: this engine beside the loop of the public tools, in one run on one machine."""
