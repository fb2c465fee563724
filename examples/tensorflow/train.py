"""Trains dense and convolutional networks on small images of handwritten digits, read from TFRecords."""

from typing import Any, List, Tuple

import tensorflow as tf

import furcate

SIDE, DIGITS, BRIGHTEST = 8, 10, 16
layers = tf.keras.layers


def dense() -> Any:
    return tf.keras.Sequential([
        layers.Input((SIDE, SIDE, 1)),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(DIGITS, activation="softmax"),
    ])


def cnn() -> Any:
    return tf.keras.Sequential([
        layers.Input((SIDE, SIDE, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(DIGITS, activation="softmax"),
    ])


class App(furcate.Fork):
    def preprocess(self, record: Any) -> Tuple[Any, Any]:
        """An image (8, 8, 1) of 0..1, and its digit."""
        wanted = {"image": tf.io.FixedLenFeature([], tf.string), "digit": tf.io.FixedLenFeature([], tf.int64)}
        parsed = tf.io.parse_single_example(record, wanted)
        pixels = tf.cast(tf.io.decode_raw(parsed["image"], tf.uint8), tf.float32) / BRIGHTEST
        return tf.reshape(pixels, (SIDE, SIDE, 1)), parsed["digit"]

    def train_preprocess(self, record: Any) -> Tuple[Any, Any]:
        """The same a little brighter or darker, each time another way."""
        image, digit = self.preprocess(record)
        return tf.image.random_brightness(image, self.brightness, seed=self.seed), digit

    def get_datasets(self, train_fp: List[str], test_fp: List[str], valid_fp: List[str]) -> Tuple[Any, Any, Any]:
        return (
            self.gen_tfrecord_dataset(train_fp, self.train_preprocess, shuffle=True),
            self.gen_tfrecord_dataset(test_fp, self.test_preprocess),
            self.gen_tfrecord_dataset(valid_fp, self.valid_preprocess),
        )

    def get_model(self) -> Any:
        return {"dense": dense, "cnn": cnn}[self.model_name]()

    def get_metrics(self) -> List[str]:
        return ["accuracy"]

    def get_optimizer(self) -> Any:
        return tf.keras.optimizers.RMSprop(learning_rate=self.learning_rate)

    def get_loss(self) -> str:
        return "sparse_categorical_crossentropy"


if __name__ == "__main__":
    app = App("examples/tensorflow/config.json")
    app.run()
