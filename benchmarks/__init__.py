"""Benchmarks: our code beside others, in the same run."""
