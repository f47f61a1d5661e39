"""The model of a synthetic province or country: its design, land, society and roads."""
