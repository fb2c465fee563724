"""Fork with TensorFlow's defaults: Keras models, TFRecords, GPUs as TensorFlow sees them."""

import contextlib
import json
import logging
import os
import re
import warnings
from typing import Any, Callable, Iterator, List, Optional, Sequence

import tensorflow as tf

import furcate.fork
from furcate import _core
from furcate.files import remove_if_odd
from furcate.script import add_fault, reportable

AUTOTUNE = tf.data.AUTOTUNE


class Report(tf.keras.callbacks.Callback):
    """Reports each epoch's numbers. Fork adds it by itself; in a script of your own give it to ``fit``."""

    def on_epoch_end(self, epoch: int, logs: Optional[dict] = None) -> None:
        """Called by Keras; epochs count from 0 there."""
        _core.report(epoch + 1, reportable(logs or {}), os.environ.get("FURCATE_METRICS"))


class _Training(tf.keras.callbacks.Callback):
    """Knows whether the training has come to its end, after which the other callbacks may still fail."""

    has_ended = False

    def on_train_end(self, logs: Optional[dict] = None) -> None:
        """Called by Keras, before it calls the callbacks that follow."""
        self.has_ended = True


class Fork(furcate.fork.Fork):
    """A Fork for Keras models of TensorFlow. get_datasets, get_model, get_metrics, get_optimizer and get_loss are
    yours to define; the other methods do what nearly every training with Keras does."""

    AUTOTUNE = AUTOTUNE

    @property
    def num_parallel_reads(self) -> int:
        """The config's num_parallel_reads, else AUTOTUNE."""
        return self.data.get("num_parallel_reads", AUTOTUNE)

    @property
    def num_parallel_calls(self) -> int:
        """The config's num_parallel_calls, else AUTOTUNE."""
        return self.data.get("num_parallel_calls", AUTOTUNE)

    def get_available_gpu_indices(self) -> List[int]:
        """Returns the indices of the GPUs that ``tf.config.list_physical_devices("GPU")`` finds.

        A child process asks, because TensorFlow takes hold of the GPUs by that, and they are for the runs.
        """
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of fork() beside TensorFlow's idle threads
            child = os.fork()
        if child == 0:
            status = 1
            try:
                gpus = tf.config.list_physical_devices("GPU")
                os.write(writing, json.dumps([int(re.findall(r"\d+", gpu.name)[-1]) for gpu in gpus]).encode())
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with open(reading, encoding="utf-8") as pipe:
            found = pipe.read()
        os.waitpid(child, 0)
        return [_physical_index(i) for i in json.loads(found)] if found else super().get_available_gpu_indices()

    def set_visible_gpus(self) -> None:
        """Shows TensorFlow the run's GPU alone, and no GPU in a run on the CPU."""
        super().set_visible_gpus()
        if self.gpu_id < 0:
            tf.config.set_visible_devices([], "GPU")
            return
        # The runner left one GPU visible, and TensorFlow counts what is visible.
        gpus = tf.config.list_physical_devices("GPU")
        tf.config.set_visible_devices(gpus if len(gpus) < 2 else [gpus[self.gpu_id]], "GPU")

    def get_metrics(self) -> Sequence[Any]:
        """Required. Returns the metrics of model.compile, such as ["accuracy"]."""
        raise self._missing("get_metrics", 'a list of metrics, such as ["accuracy"]')

    def get_optimizer(self) -> Any:
        """Required. Returns the optimizer of model.compile."""
        raise self._missing("get_optimizer", "an optimizer, such as tf.keras.optimizers.Adam(self.learning_rate)")

    def get_loss(self) -> Any:
        """Required. Returns the loss of model.compile."""
        raise self._missing("get_loss", 'a loss, such as "sparse_categorical_crossentropy"')

    def model_compile(self, model: Any, optimizer: Any, loss: Any, metrics: Sequence[Any]) -> None:
        """``model.compile(optimizer=optimizer, loss=loss, metrics=metrics)``"""
        model.compile(optimizer=optimizer, loss=loss, metrics=metrics)

    def model_summary(self, model: Any) -> None:
        """``model.summary()``"""
        model.summary()

    def model_fit(self, model: Any, train_set: Any, epochs: int, valid_set: Any, callbacks: Optional[List[Any]],
                  verbose: int) -> Any:
        """``model.fit(…)``, which reports each epoch. Returns Keras' History."""
        training = _Training()
        try:
            return model.fit(train_set, epochs=epochs, validation_data=valid_set,
                             callbacks=[training, *(callbacks or []), Report()], verbose=verbose)
        except Exception as fault:
            if not training.has_ended:
                raise
            add_fault(f"a callback failed after the training: {self._print_exception(fault)}")
            return getattr(model, "history", None)

    def model_evaluate(self, model: Any, test_set: Any) -> Any:
        """``model.evaluate(test_set)``"""
        return model.evaluate(test_set, verbose=min(int(self.verbose), 2))

    def model_save(self, model: Any) -> None:
        """Saves model.h5, or what the config's `model_format` says: "h5", "keras" or "h5 keras"."""
        for name in self._formats():
            path = os.path.join(self.log_dir, "model." + name)
            remove_if_odd(path)
            with _no_word_of_hdf5():
                model.save(path)

    def gen_tfrecord_dataset(self, filepaths: Sequence[str], processor: Callable, shuffle: bool = False) -> Any:
        """Returns a TFRecordDataset of the files, each record mapped by `processor`.

        The config says how: `cache`, `shuffle_buffer_size` (records; needed with shuffle), `seed`, `batch_size`,
        `prefetch` (batches), `num_parallel_reads` and `num_parallel_calls` (AUTOTUNE when unset).
        """
        dataset = tf.data.TFRecordDataset(list(filepaths), num_parallel_reads=self.num_parallel_reads)
        if self.cache:
            dataset = dataset.cache()
        if shuffle:
            dataset = dataset.shuffle(self.shuffle_buffer_size, seed=self.seed)
        dataset = dataset.map(processor, num_parallel_calls=self.num_parallel_calls)
        return dataset.batch(self.batch_size).prefetch(self.prefetch)

    def _formats(self) -> List[str]:
        formats = self.data.get("model_format", "h5")
        if not set(formats.split()) <= {"h5", "keras"}:
            raise ValueError(f'model_format is "{formats}": give "h5", "keras" or, for both, "h5 keras"')
        return formats.split()

    def _made_model(self, model: Any) -> None:
        super()._made_model(model)
        self._formats()  # a wrong one is told before the training, not after it
        if not hasattr(model, "compile") and type(self).model_compile is Fork.model_compile:
            raise TypeError(f"get_model returned {type(model).__name__}, and model_compile of furcate.tf.Fork takes a "
                            'Keras model: return one, define model_compile, or write "framework": "none" in the config')

    def _set_seed(self) -> None:
        super()._set_seed()
        tf.keras.utils.set_random_seed(self.seed % 2**32)


@contextlib.contextmanager
def _no_word_of_hdf5() -> Iterator[None]:
    """Without Keras' advice, in each run, against the format that was asked for: a log line, earlier a warning."""
    def is_other(record: logging.LogRecord) -> bool:
        return "HDF5" not in record.getMessage()

    keras = logging.getLogger("absl")
    keras.addFilter(is_other)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*HDF5.*")
            yield
    finally:
        keras.removeFilter(is_other)


def _physical_index(visible: int) -> int:
    """The machine's index of the GPU that TensorFlow counts as `visible`."""
    listed = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return int(listed[visible]) if visible < len(listed) and listed[visible].strip().isdigit() else visible
