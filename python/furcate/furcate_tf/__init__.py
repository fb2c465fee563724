"""The place where the first furcate had its TensorFlow methods; they live in furcate.tf."""

from furcate.tf import AUTOTUNE, Fork

__all__ = ["AUTOTUNE", "Fork"]
