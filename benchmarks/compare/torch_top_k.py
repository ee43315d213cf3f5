"""The queries of benchmarks/ops/top_k_gpu.cpp answered by PyTorch: a matrix product, then topk.

Usage: python torch_top_k.py FOLDER   (FOLDER holds what top_k_gpu wrote: items.f32, queries.f32, rows-BATCH.i32)

Prints one JSON object per batch: microseconds in fp32 and in bf16, and how many of the ids agree with Crosslift's.
"""

import json
import statistics
import sys
from pathlib import Path

import numpy as np
import torch

FACTORS, K = 128, 100


def microseconds(work, repeats):
    """The median of several runs, from event to event, after two that warm up."""
    for _ in range(2):
        work()
    times = []
    for _ in range(repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1000)
    return statistics.median(times)


def main():
    folder = Path(sys.argv[1])
    torch.backends.cuda.matmul.allow_tf32 = False
    items = torch.from_numpy(np.fromfile(folder / "items.f32", np.float32).reshape(-1, FACTORS)).cuda()
    queries = torch.from_numpy(np.fromfile(folder / "queries.f32", np.float32).reshape(-1, FACTORS)).cuda()
    short_items, short_queries = items.bfloat16(), queries.bfloat16()
    for file in sorted(folder.glob("rows-*.i32")):
        batch = int(file.stem.removeprefix("rows-"))
        ours = np.fromfile(file, np.int32).reshape(batch, K)
        repeats = 20 if batch == 1 else 5

        def answer(q, i, count=batch):
            return torch.topk(q[:count] @ i.T, K, dim=1).indices

        theirs = answer(queries, items).cpu().numpy()
        same = sum(len(set(a) & set(b)) for a, b in zip(ours.tolist(), theirs.tolist(), strict=True))
        result = {
            "batch": batch,
            "fp32_us": microseconds(lambda: answer(queries, items), repeats),
            "bf16_us": microseconds(lambda: answer(short_queries, short_items), repeats),
            "same_ids": same,
            "same_places": int((ours == theirs).sum()),
            "ids": batch * K,
        }
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
