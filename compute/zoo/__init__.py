"""What is studied: architectures, data sets, checkpoints and the recipes that trained them."""
