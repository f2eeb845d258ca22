"""torch's bf16 products on given shapes: a JSON list of {name, value, unit} on standard output.

Arguments: threads, runs, products per run, then shapes as ROWSxINPUTSxOUTPUTS.
"""

import json
import statistics
import sys
import time

import torch


def gigaflops(rows: int, inputs: int, outputs: int, products: int, runs: int) -> float:
    """The median speed of x [rows, inputs] times the transposes of `products` weights [outputs, inputs]."""
    x = torch.full((rows, inputs), 0.01, dtype=torch.bfloat16)
    weights = [torch.full((outputs, inputs), 0.01, dtype=torch.bfloat16) for _ in range(products)]
    seconds = []
    for run in range(runs + 2):
        start = time.perf_counter()
        for weight in weights:
            torch.nn.functional.linear(x, weight)
        if run >= 2:
            seconds.append(time.perf_counter() - start)
    return 2 * rows * inputs * outputs * products / statistics.median(seconds) / 1e9


def main() -> None:
    threads, runs, products = map(int, sys.argv[1:4])
    torch.set_num_threads(threads)
    figures = []
    for shape in sys.argv[4:]:
        rows, inputs, outputs = map(int, shape.split("x"))
        value = gigaflops(rows, inputs, outputs, products, runs)
        figures.append({"name": f"bf16 {rows} x {inputs} x {outputs}", "value": value, "unit": "GFLOP/s"})
    json.dump(figures, sys.stdout)


main()
