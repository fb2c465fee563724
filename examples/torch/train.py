"""Trains perceptrons and convolutional networks on small images of handwritten digits."""

import csv
from typing import Any, List, Sequence

import torch
from torch import nn
from torch.utils.data import TensorDataset

import furcate.torch

SIDE, DIGITS, BRIGHTEST = 8, 10, 16


def read_images(paths: Sequence[str]) -> TensorDataset:
    """Images (N, 1, 8, 8) of 0..1 and their digits; a line of CSV has 64 pixels 0..16 and the digit."""
    rows: List[List[int]] = []
    for path in paths:
        with open(path, newline="") as file:
            rows += [[int(field) for field in row] for row in csv.reader(file)]
    table = torch.tensor(rows)
    images = table[:, :-1].float().reshape(-1, 1, SIDE, SIDE) / BRIGHTEST
    return TensorDataset(images, table[:, -1])


def perceptron(width: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, width), nn.ReLU(), nn.Linear(width, DIGITS))


def convolutional(width: int) -> nn.Module:
    channels = width // 4
    return nn.Sequential(
        nn.Conv2d(1, channels, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(channels * SIDE * SIDE // 4, DIGITS),
    )


class Digits(furcate.torch.Fork):
    def get_datasets(self, train_fp: Sequence[str], test_fp: Sequence[str], valid_fp: Sequence[str]) -> Any:
        return read_images(train_fp), read_images(test_fp), read_images(valid_fp)

    def get_model(self) -> nn.Module:
        family = {"mlp": perceptron, "cnn": convolutional}[self.family]
        return family(self.width)

    def get_metrics(self) -> List[Any]:
        return ["accuracy"]

    def get_optimizer(self) -> Any:
        return torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)

    def get_loss(self) -> Any:
        return "cross_entropy"

    def get_scheduler(self, optimizer: torch.optim.Optimizer) -> Any:
        if self.schedule == "cosine":
            return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=self.epochs)
        if self.schedule == "plateau":
            return torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.3)
        return None


if __name__ == "__main__":
    Digits("examples/torch/config.json").run()
