"""What the benchmarks share: figures, progress, and the end-to-end tests' way to drive a platform."""
