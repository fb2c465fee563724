"""furcate.tf: real trainings of small Keras models."""

import json
import subprocess
import sys

import pytest

from conftest import BUILD

tf = pytest.importorskip("tensorflow")
IMPORTS = ["tensorflow", "keras"]

# The first furcate's example, its methods filled in.
SPEC = """
import numpy as np
import tensorflow as tf
import furcate

class App(furcate.Fork):
    def get_datasets(self, train_fp, test_fp, valid_fp):
        random = np.random.default_rng(0)
        x = random.normal(size=(96, 4)).astype("float32")
        y = (x.sum(1) > 0).astype("int32")
        sets = [tf.data.Dataset.from_tensor_slices((x[i::3], y[i::3])).batch(self.batch_size) for i in range(3)]
        return sets

    def get_model(self):
        return tf.keras.Sequential([tf.keras.layers.Input((4,)), tf.keras.layers.Dense(2, activation="softmax")])

    def get_metrics(self):
        return ["accuracy"]

    def get_optimizer(self):
        return tf.keras.optimizers.Adam(self.learning_rate)

    def get_loss(self):
        return "sparse_categorical_crossentropy"

if __name__=="__main__":
    app = App("config.json")
    app.run()
"""

CONFIG = """{
    'data_name': "example",
    'data_dir': "foo/",
    'batch_size': [32, 64],
    'epochs': %d,
    'meta': {'allow_cpu': True%s}
}
"""

# The first furcate's folder of a run, and what this one adds.
TREE = {"accuracy.jpg", "NAME.err", "NAME.log", "history.json", "model.h5", "run_data.json"}
MORE = {"config.json", "furcate.json", "loss.jpg", "metrics.jsonl"}


def test_the_documented_example_leaves_the_documented_tree(project):
    (project.root / "config.json").write_text(CONFIG % (50, ""))
    project.train(SPEC)
    for i, name in enumerate(["example0_foo_bs32", "example1_foo_bs64"]):
        assert project.directory(i).name == name
        found = {path.name.replace(f"example{i}", "NAME") for path in project.directory(i).iterdir()}
        assert found == TREE | MORE
    assert len(project.read("metrics.jsonl").splitlines()) == 50 and len(project.json("history.json")["val_loss"]) == 50
    row = project.rows()[0]
    assert float(row["run_val_accuracy"]) > 0.5 and row["run_epochs"] == "50"
    assert json.loads(row["run_results"]) == [float(row["run_test_loss"]), float(row["run_test_accuracy"])]
    model = tf.keras.models.load_model(project.directory() / "model.h5")
    assert [weight.shape for weight in model.get_weights()] == [(4, 2), (2,)]
    assert "Model: " in project.read("example0.log")
    assert "HDF5" not in project.errors()


def test_forked_and_spawned_runs_train_the_same_model(project):
    results = []
    spawning = [BUILD / "furcate", "run", "config.json", "--", sys.executable, "train.py"]
    for start, command in (("fork", project.command), ("spawn", spawning)):
        subprocess.run(["rm", "-rf", project.logs], check=True)
        (project.root / "config.json").write_text(CONFIG % (2, f", 'start': '{start}'"))
        project.command = command
        project.train(SPEC)
        assert ("fork server is warm" in (project.logs / "furcate.log").read_text()) == (start == "fork")
        results.append([(row["batch_size"], row["run_val_loss"], row["run_results"]) for row in project.rows()])
    assert results[0] == results[1]


def test_formats_metric_objects_and_callbacks(forked):
    forked.write(batch_size=32, epochs=2, model_format="h5 keras", verbose=0, framework="TensorFlow")
    forked.train(SPEC.replace('return ["accuracy"]', "return [tf.keras.metrics.SparseCategoricalAccuracy()]").replace(
        "    def get_loss", """    def get_callbacks(self):
        return [tf.keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("mine", epoch))]

    def get_loss"""))
    assert (forked.directory() / "model.keras").exists() and (forked.directory() / "model.h5").exists()
    assert forked.rows()[0]["run_val_sparse_categorical_accuracy"]
    assert forked.read("example0.log").splitlines() == ["mine 0", "mine 1"]
    assert len(forked.read("metrics.jsonl").splitlines()) == 2


def test_a_script_that_imports_tensorflow_in_a_method_has_its_helpers(project):
    """And is told that its first weights are not seeded."""
    project.write(batch_size=32, epochs=1, shuffle_buffer_size=8)
    text = SPEC.replace("import tensorflow as tf\n", "").replace(
        "        return sets", """        with tf.io.TFRecordWriter(self.log_dir + "/records") as out:
            out.write(b"0")
        print("records", len(list(self.gen_tfrecord_dataset([self.log_dir + "/records"], lambda x: x, True))))
        return sets""").replace(
        "        random =", "        global tf\n        import tensorflow as tf\n        random =")
    project.train(text)
    assert "records 1" in project.read("example0.log") and (project.directory() / "model.h5").exists()
    assert "was imported after the seed was set" in project.errors()


def test_what_callbacks_do_after_the_training_loses_nothing(forked):
    forked.write(batch_size=32, epochs=2, framework="keras", verbose=0)
    forked.train(SPEC.replace("    def get_loss", """    def get_callbacks(self):
        class Odd(tf.keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs["note"] = "good"

            def on_train_end(self, logs=None):
                raise OSError("no disk")
        return [Odd()]

    def model_evaluate(self, model, test_set):
        return {"loss": tf.constant(0.5), "confusion": tf.constant([[3, 1], [0, 4]])}

    def get_loss"""))
    row = forked.rows()[0]
    assert json.loads(row["run_faults"]) == ["'note' is not reported: it is no number",
                                             "a callback failed after the training: OSError: no disk"]
    assert row["run_test_loss"] == "0.5" and row["run_test_confusion"] == "[[3, 1], [0, 4]]"
    assert row["run_val_accuracy"] and (forked.directory() / "model.h5").exists()


@pytest.mark.parametrize("keys, text, said", [
    ({"model_format": "pickle"}, SPEC, 'model_format is "pickle": give "h5", "keras"'),
    ({}, SPEC.replace("def get_loss", "def unused"), "App has no get_loss(): define it; it must return a loss"),
], ids=["format", "loss"])
def test_faults_are_named(forked, keys, text, said):
    forked.write(batch_size=32, epochs=1, framework="tf", **keys)
    forked.script(text)
    done = forked.run()
    assert done.returncode == 1 and said in done.stderr


def app(tmp_path, **keys):
    """A tf.Fork as in the runner, with these keys."""
    import furcate.tf
    config = {"data_name": "x", "data_dir": str(tmp_path), "batch_size": 4, "epochs": 1, "shuffle_buffer_size": 100}
    (tmp_path / "config.json").write_text(json.dumps({**config, **keys}))
    return furcate.tf.Fork(str(tmp_path / "config.json"))


def numbers(dataset):
    return [int(number) for batch in dataset for number in batch]


def test_reads_tfrecords_as_the_config_says(tmp_path):
    paths = [str(tmp_path / f"{i}.tfrecord") for i in range(2)]
    for i, path in enumerate(paths):
        with tf.io.TFRecordWriter(path) as out:
            for number in range(10 * i, 10 * i + 10):
                out.write(str(number).encode())
    fork = app(tmp_path, num_parallel_reads=1)
    dataset = fork.gen_tfrecord_dataset(paths, tf.strings.to_number)
    assert numbers(dataset) == list(range(20)) and [len(batch) for batch in dataset] == [4] * 5
    shuffled = [numbers(app(tmp_path, cache=cache, seed=seed, num_parallel_reads=1).gen_tfrecord_dataset(
        paths, tf.strings.to_number, shuffle=True)) for cache, seed in ((False, 1), (True, 1), (False, 2))]
    assert shuffled[0] == shuffled[1] != shuffled[2] and sorted(shuffled[0]) == list(range(20)) != shuffled[0]


def test_tensorflow_chooses_how_much_at_a_time_when_the_config_does_not(tmp_path):
    assert app(tmp_path).num_parallel_reads == app(tmp_path).num_parallel_calls == tf.data.AUTOTUNE
    assert app(tmp_path, num_parallel_calls=3).num_parallel_calls == 3


def test_is_found_where_the_first_furcate_had_it():
    import furcate
    from furcate.furcate_tf.fork import Fork
    assert Fork is furcate.furcate_tf.Fork is furcate.tf.Fork and issubclass(Fork, furcate.Fork)


def test_asking_for_gpus_leaves_this_process_without_a_context(project):
    project.script("""
import furcate
from tensorflow.python.eager import context
print(furcate.tf.Fork("config.json").get_available_gpu_indices(), context.context()._initialized)
""")
    assert project.train().stdout == "[] False\n"
