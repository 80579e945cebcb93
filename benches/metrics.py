"""Times the Python originals on the texts that benches/metrics.rs also reads, one core.

pip install -r tests/oracle/requirements.txt
python benches/metrics.py compare [COUNT]    runs both side by side and prints a table
python benches/metrics.py texts FILE COUNT   writes COUNT pairs of texts as JSONL, from a fixed seed
python benches/metrics.py time FILE          prints the seconds that each metric takes on them, as JSON

Of three runs the best counts, each in a process of its own, because the originals remember texts that they
have seen. All of it runs on one core where the system can say so.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

WORDS = """the of to and a in is it that for on with as was this be at by are from or have an they which
one you were all her she there would their we him been has when who will no more if out so up said what
its about than into them can only other time new some could these two may first then do any like my now
over such our man me even most made after also did many off before must well back through years where
much your way down should because long each just state those people too little world still nation hand
old life tell write become here show house both between need mean call develop under last right move
thing general school never same another begin while number part turn real leave might want point form
child few small since against ask late home interest large person end open public follow during present
without again hold govern around possible head consider word program problem however lead system set
order eye plan run keep face fact group play stand increase early course change help line customer
invoices payments returned subscriptions cancelled happily relational conditional running organization
delivered requirements responsibilities accessibility necessarily particularly national international
activities generalized hopefulness sensitivity electricity formality decisiveness adjustment replacement
""".split()


def sentence(rng):
    """Returns a sentence of words drawn with a long tail, with some numbers and punctuation."""
    words = []
    for _ in range(rng.randint(8, 34)):
        word = WORDS[min(int(rng.paretovariate(0.6)) - 1, len(WORDS) - 1)] if rng.random() < 0.5 else rng.choice(WORDS)
        if rng.random() < 0.03:
            word = rng.choice(["1,250.50", "2024", "e-mail", "it's", "U.S.", "(see", "below)", "3-4"])
        if rng.random() < 0.08:
            word += ","
        words.append(word)
    return " ".join(words).capitalize() + rng.choice([".", ".", ".", "?", "!"])


def paraphrase(rng, text):
    """Returns the text with words replaced, dropped, doubled, and one stretch of words moved."""
    words = []
    for word in text.split():
        draw = rng.random()
        if draw < 0.18:
            words.append(rng.choice(WORDS))
        elif draw < 0.26:
            pass
        elif draw < 0.32:
            words += [word, rng.choice(WORDS)]
        else:
            words.append(word)
    if len(words) > 8 and rng.random() < 0.7:
        start = rng.randrange(len(words) - 4)
        moved = words[start:start + rng.randint(1, 4)]
        rest = words[:start] + words[start + len(moved):]
        target = rng.randrange(len(rest))
        words = rest[:target] + moved + rest[target:]
    return " ".join(words)


def texts(path, count):
    rng = random.Random(20)
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(count):
            reference = "\n".join(sentence(rng) for _ in range(rng.choice([1, 1, 1, 2])))
            print(json.dumps({"response": paraphrase(rng, reference), "reference": reference}), file=out)


def clock(work):
    start = time.perf_counter()
    score = work()
    return {"seconds": time.perf_counter() - start, "score": score}


def measure(path):
    from rouge_score import rouge_scorer
    from sacrebleu.metrics import BLEU, CHRF, TER

    with open(path, encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    responses = [pair["response"] for pair in pairs]
    references = [pair["reference"] for pair in pairs]
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)

    def rouge():
        total = 0.0
        for response, reference in zip(responses, references):
            total += scorer.score(reference, response)["rougeL"].fmeasure
        return total / len(pairs)

    figures = {
        "rouge-1/2/l": clock(rouge),
        "bleu": clock(lambda: BLEU().corpus_score(responses, [references]).score),
        "chrf": clock(lambda: CHRF().corpus_score(responses, [references]).score),
        "chrf++": clock(lambda: CHRF(word_order=2).corpus_score(responses, [references]).score),
        "ter": clock(lambda: TER().corpus_score(responses, [references]).score),
    }
    print(json.dumps(figures))


def compare(count):
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "texts.jsonl")
        texts(path, count)

        def run(*command):
            return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

        ours = run("cargo", "bench", "--quiet", "--bench", "metrics", "--", path)
        theirs = [run(sys.executable, __file__, "time", path) for _ in range(3)]
    print(f"| {count} pairs of texts | original | evenhand | times as fast |")
    print("| --- | --- | --- | --- |")
    for metric, figures in ours.items():
        best = min(run[metric]["seconds"] for run in theirs)
        assert abs(figures["score"] - theirs[0][metric]["score"]) < 1e-9, metric
        seconds = figures["seconds"]
        print(f"| {metric} | {best * 1e3:.0f} ms | {seconds * 1e3:.1f} ms | {best / seconds:.0f} |")


if __name__ == "__main__":
    if sys.argv[1] == "texts":
        texts(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "time":
        measure(sys.argv[2])
    else:
        compare(int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
