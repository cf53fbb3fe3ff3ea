"""The results as Google Benchmark writes them, so that its compare.py reads them."""

import json

import rounds


def entry(series, index, number):
    """One round. Google's files know times only: where the quantity is bytes, "ns" means bytes."""
    printed = series.rounds[number]
    quantity = series.problem.quantity
    cpu = printed["cpu_s"] * 1e9 / printed["operations"] if quantity == "ns" else printed[quantity]
    return {
        "name": series.name,
        "family_index": index,
        "per_family_instance_index": 0,
        "run_name": series.name,
        "run_type": "iteration",
        "repetitions": len(series.rounds),
        "repetition_index": number,
        "threads": series.workers,
        "iterations": printed["operations"],
        "real_time": printed[quantity],
        "cpu_time": cpu,
        "time_unit": "ns",
        "label": quantity,
        "wall_s": printed["wall_s"],
        "cpu_s": printed["cpu_s"],
        "peak_rss_bytes": printed["peak_rss_bytes"],
    }


def write(path, series, manifest):
    entries = [entry(each, index, number)
               for index, each in enumerate(series) for number in range(len(each.rounds))]
    failures = {each.name: each.failure for each in series if each.failure}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"context": {**manifest, "failures": failures}, "benchmarks": entries}, indent=1)
    path.write_text(text + "\n", "utf-8")


def read(path, problems, programs):
    """The series of a file that write() made, and its manifest."""
    document = json.loads(path.read_text("utf-8"))
    by_name = {each.name: each for problem in problems
               for each in rounds.plan([problem], programs, sorted({
                   one["threads"] for one in document["benchmarks"]}))}
    for one in document["benchmarks"]:
        if one["name"] not in by_name:
            print(f"versus: SKIPPED {one['name']}: there is no such program any more")
            continue
        by_name[one["name"]].rounds.append({"ns": one["real_time"], one["label"]: one["real_time"],
                              "operations": one["iterations"],
                              **{key: one[key] for key in ("wall_s", "cpu_s", "peak_rss_bytes")}})
    return [each for each in by_name.values() if each.rounds], document["context"]
