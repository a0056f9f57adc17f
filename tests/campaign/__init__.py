"""Long attacks, each a module with `run(count)`; the suite runs the short versions."""
