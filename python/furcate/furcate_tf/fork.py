"""The module of the first furcate that had its TensorFlow Fork."""

from furcate.tf import Fork

__all__ = ["Fork"]
