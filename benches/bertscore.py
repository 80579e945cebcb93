"""Times bert_score with torch on the texts that benches/bertscore.rs also reads, on the same cores, with the memory of both.

pip install -r tests/oracle/requirements-bertscore.txt
python benches/bertscore.py compare ENCODER [COUNT]   runs both in turn, three times, and prints a table
python benches/bertscore.py time FILE ENCODER LAYER   prints the seconds of bert_score, as JSON

ENCODER is a folder. Each run is a process of its own. Seconds are those of scoring, without loading the encoder, and
of the fastest run; memory is the peak of the whole process.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

from metrics import sentence

ROUNDS = 3


def pairs(kind, count):
    """Returns pairs of a response and a reference: short sentences, or paragraphs of several."""
    rng = random.Random(7)
    sentences = (1, 2) if kind == "sentences" else (4, 12)
    text = lambda: " ".join(sentence(rng) for _ in range(rng.randint(*sentences)))
    return [(text(), text()) for _ in range(count)]


def measure(command):
    """Runs a command and returns its last line as JSON, with the peak of its memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} failed with {process.returncode}")
    return json.loads(output.strip().splitlines()[-1]) | {"memory": usage.ru_maxrss / 1024}


def built():
    """Returns the program of the bench."""
    command = ["cargo", "bench", "--locked", "--features", "local", "--bench", "bertscore", "--no-run",
               "--message-format", "json"]
    messages = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [message["executable"] for message in map(json.loads, messages)
             if message.get("executable") and message["target"]["name"] == "bertscore"]
    return found[-1]


def compare(encoder, count):
    program = built()
    cores = len(os.sched_getaffinity(0))
    print(f"{count} pairs of sentences and {count // 8} of paragraphs, {cores} cores\n")
    print("| pairs | bert_score | evenhand | times as fast | memory of bert_score | of evenhand |")
    print("| --- | --- | --- | --- | --- | --- |")
    for kind, count in [("sentences", count), ("paragraphs", count // 8)]:
        with tempfile.TemporaryDirectory() as folder:
            items, texts = f"{folder}/items.jsonl", pairs(kind, count)
            with open(items, "w", encoding="utf-8") as file:
                for at, (response, reference) in enumerate(texts):
                    item = {"id": str(at), "prompt": "?", "responses": {"a": response}, "reference": reference}
                    file.write(json.dumps(item) + "\n")
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(measure([program, "--bench", items, encoder]))
                theirs.append(measure([sys.executable, __file__, "time", items, encoder, str(ours[-1]["layer"])]))
            if abs(ours[0]["mean"] - theirs[0]["mean"]) > 1e-5:
                raise SystemExit(f"the means differ: {ours[0]['mean']}, {theirs[0]['mean']}")
            best = lambda runs, key: min(run[key] for run in runs)
            one, other = best(theirs, "seconds"), best(ours, "seconds")
            print(f"| {kind} | {one:.2f} s | {other:.2f} s | {one / other:.2f} | {best(theirs, 'memory'):.0f} MB | "
                  f"{best(ours, 'memory'):.0f} MB |")


def run_bert_score(path, encoder, layer):
    import transformers

    transformers.logging.set_verbosity_error()
    from bert_score import BERTScorer

    with open(path, encoding="utf-8") as file:
        items = [json.loads(line) for line in file]
    responses, references = [item["responses"]["a"] for item in items], [item["reference"] for item in items]
    start = time.perf_counter()
    scorer = BERTScorer(model_type=encoder, num_layers=layer, device="cpu", nthreads=0)
    scorer.score(["warm"], ["warm"])
    load = time.perf_counter() - start
    start = time.perf_counter()
    f1 = scorer.score(responses, references)[2]
    seconds = time.perf_counter() - start
    print(json.dumps({"load": load, "seconds": seconds, "mean": f1.double().mean().item()}))


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    match sys.argv[1:]:
        case ["compare", encoder, *count]:
            compare(encoder, int(count[0]) if count else 2000)
        case ["time", path, encoder, layer]:
            run_bert_score(path, encoder, int(layer))
        case _:
            raise SystemExit(__doc__)
