"""How fast torch multiplies large matrices in bf16 and float32: a JSON list of {name, value, unit} on standard output.

Arguments: threads, runs, of which the best counts.
"""

import json
import sys
import time

import torch

SIZE = 2048


def gigaflops(dtype: torch.dtype, runs: int) -> float:
    x = torch.full((SIZE, SIZE), 0.01, dtype=dtype)
    seconds = []
    for run in range(runs + 1):
        start = time.perf_counter()
        torch.mm(x, x)
        if run >= 1:
            seconds.append(time.perf_counter() - start)
    return 2 * SIZE**3 / min(seconds) / 1e9


def main() -> None:
    threads, runs = map(int, sys.argv[1:3])
    torch.set_num_threads(threads)
    figures = [
        {"name": f"torch, {name}", "value": gigaflops(dtype, runs), "unit": "GFLOP/s"}
        for name, dtype in (("bf16", torch.bfloat16), ("float32", torch.float32))
    ]
    json.dump(figures, sys.stdout)


main()
