"""Fits a line through noisy points by gradient descent. It knows nothing of furcate."""

import argparse
import random


def points(count: int, seed: int) -> list:
    """Points near y = 3 x + 1, x in 0..1."""
    chance = random.Random(seed)
    xs = [chance.random() for _ in range(count)]
    return [(x, 3 * x + 1 + chance.gauss(0, 0.1)) for x in xs]


def mean_square(slope: float, offset: float, data: list) -> float:
    return sum((slope * x + offset - y) ** 2 for x, y in data) / len(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--epochs", type=int, default=20)
    options = parser.parse_args()

    train, valid = points(200, seed=1), points(50, seed=2)
    slope = offset = pull_slope = pull_offset = 0.0
    for epoch in range(1, options.epochs + 1):
        for x, y in train:
            error = slope * x + offset - y
            pull_slope = options.momentum * pull_slope + error * x
            pull_offset = options.momentum * pull_offset + error
            slope -= options.lr * pull_slope
            offset -= options.lr * pull_offset
        loss, val_loss = mean_square(slope, offset, train), mean_square(slope, offset, valid)
        print(f"epoch {epoch}: loss={loss:.6f} val_loss={val_loss:.6f}", flush=True)
    print(f"y = {slope:.3f} x + {offset:.3f}")


if __name__ == "__main__":
    main()
