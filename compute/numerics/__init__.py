"""Functions of tensors; no disk, no threads, no clock."""
