"""Writes the images of examples/digits as TFRecords: digits.train-0 and -1, digits.valid and digits.test."""

import csv
import pathlib

import tensorflow as tf

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "digits/data"
SHARDS = {"digits.train": 2, "digits.valid": 1, "digits.test": 1}


def record(row: list) -> bytes:
    """One image of 64 pixels, 0 to 16, and its digit, which a line of CSV ends with."""
    pixels, digit = bytes(map(int, row[:-1])), int(row[-1])
    feature = {
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[pixels])),
        "digit": tf.train.Feature(int64_list=tf.train.Int64List(value=[digit])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def read(prefix: str) -> list:
    """The rows of all files whose names start so."""
    rows = []
    for path in sorted(SOURCE.glob(prefix + "*")):
        with open(path, newline="") as file:
            rows += list(csv.reader(file))
    return rows


def write_records(folder: pathlib.Path) -> None:
    """Makes the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, shards in SHARDS.items():
        rows = read(prefix)
        for shard in range(shards):
            name = prefix if shards == 1 else f"{prefix}-{shard}"
            with tf.io.TFRecordWriter(str(folder / f"{name}.tfrecord")) as out:
                for row in rows[shard::shards]:
                    out.write(record(row))


if __name__ == "__main__":
    write_records(pathlib.Path("build/examples/tensorflow/digits"))
