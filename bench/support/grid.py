"""The configs that the benchmarks plan, and rows of finished runs."""
import json

HEAD = "meta,log_dir,gpu_id,run_start_time,run_total_time,run_val_accuracy,run_id,run_name,run_attempts"


def write_config(path, axes, **meta):
    """Writes a config with these axes (key → values); returns its path."""
    path.write_text(json.dumps({"data_name": "bench", **axes, "meta": {"allow_cpu": True, **meta}}))
    return path


def write_finished(folder, keys, permutations):
    """Writes folder/logs/run_data.csv with a row a permutation: its values of these keys. Returns the count."""
    (folder / "logs").mkdir()
    count = 0
    with open(folder / "logs/run_data.csv", "w") as out:
        out.write(f"data_name,{','.join(keys)},{HEAD}\n")
        for values in permutations:
            text = [str(value) for value in values]
            out.write(f'bench,{",".join(text)},"{{""allow_cpu"": true}}",logs/bench{count}_{"_".join(text)},-1,'
                      f"1606924973.5,12.25,0.9312,{count},bench{count},1\n")
            count += 1
    return count
