"""The frozen values that every room speaks: no behaviour beyond what a value knows of itself."""
