"""Taicang: real names, codes and totals; the rest modelled by build.py."""
