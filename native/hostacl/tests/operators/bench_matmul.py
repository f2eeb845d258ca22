"""Matrix products on hostacl and, where torch is installed, on torch: times, GFLOP/s and their ratio.

    python bench_matmul.py [--threads 1] [--isa amx] [--dtype bf16|fp32|fp16|int8] [--rows 1,16,64] [--clock wall|cpu]

Products are those of Whisper base and medium and of a small decoder. Both sides run in turn, several times, and the
best time of each counts, so that a busy machine disturbs both alike. Weights rotate through memory larger than the
private caches, as they do in a model. On a machine with other work, --clock cpu with one thread counts the process's
own time (waiting included: a thread that spins counts).
"""

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path

SHAPES = [(512, 512), (2048, 512), (512, 2048), (1024, 1024), (4096, 1024), (1024, 4096), (1024, 384), (384, 1024)]
WORKING_SET = 32 << 20  # bytes of weights
ROUNDS = 7


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--isa", default="")
    parser.add_argument("--dtype", default="bf16", choices=["bf16", "fp32", "fp16", "int8"])
    parser.add_argument("--rows", default="1,16,64,1500")
    parser.add_argument("--clock", default="wall", choices=["wall", "cpu"])
    return parser.parse_args()


def hostacl_calls(arrays, rows, n, k, dtype, copies):
    """A function that runs every copy of the product once and waits."""
    import numpy as np
    from acl import BF16, FLOAT, FLOAT16, INT8, Tensor

    kind = {"bf16": BF16, "fp32": FLOAT, "fp16": FLOAT16, "int8": BF16}[dtype]
    rng = np.random.default_rng(1)
    x, out = arrays.put(rng.standard_normal((rows, k)), kind), arrays.empty((rows, n), kind)
    executors = []
    for _ in range(copies):
        if dtype == "int8":
            pointer = arrays.acl.upload(rng.integers(-127, 128, (n, k)).astype(np.int8))
            weight = Tensor(arrays.acl, pointer, (k, n), INT8, (1, k), storage=(n, k))
            scale = arrays.put(np.full(n, 0.01), kind)
            name, inputs = "aclnnWeightQuantBatchMatmulV2", (x, weight, scale, *(None,) * 4, 0, out)
        else:
            weight = arrays.weight(rng.standard_normal((n, k)), kind)
            name, inputs = "aclnnAddmm", (arrays.put(np.zeros(n), kind), x, weight, *[arrays.scalar(1.0)] * 2, out, 1)
        size, executor = arrays.acl.phase1(name, *inputs)
        arrays.acl.check("aclSetAclOpExecutorRepeatable", executor)
        executors.append((executor, arrays.acl.malloc(size) if size else None, size))

    def run():
        for executor, workspace, size in executors:
            arrays.acl.check(name, workspace, size, executor, None)
        arrays.acl.check("aclrtSynchronizeStream", None)

    return run


def torch_calls(torch, rows, n, k, dtype, copies):
    kind = {"bf16": torch.bfloat16, "fp32": torch.float32, "fp16": torch.float16, "int8": torch.bfloat16}[dtype]
    x, bias = torch.randn(rows, k).to(kind), torch.zeros(n, dtype=kind)
    weights = [torch.randn(n, k).to(kind) for _ in range(copies)]

    def run():
        with torch.inference_mode():
            for weight in weights:
                torch.nn.functional.linear(x, weight, bias)

    return run


def best_seconds(functions, clock, repeats=3):
    """The best time of one run of each function, taken in turn."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(ROUNDS):
        for name, function in functions.items():
            start = clock()
            for _ in range(repeats):
                function()
            best[name] = min(best[name], (clock() - start) / repeats)
    return best


def main():
    options = arguments()
    os.environ["HOSTACL_THREADS"] = str(options.threads)
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    from acl import Acl
    from device_arrays import DeviceArrays

    torch = importlib.import_module("torch") if importlib.util.find_spec("torch") else None
    if torch:
        torch.set_num_threads(options.threads)
    acl = Acl()
    acl.check("aclInit", None)
    acl.check("aclrtSetDevice", 0)
    if options.isa:
        acl.check("hostaclSetIsa", options.isa.encode())
    version = torch.__version__ if torch else "absent"
    print(f"{acl.hostaclGetIsa().decode()}, {options.dtype}, {options.threads} threads, torch {version}")
    for n, k in SHAPES:
        for rows in map(int, options.rows.split(",")):
            copies = 1 if rows > 64 else max(1, WORKING_SET // (n * k * 2))
            functions = {"hostacl": hostacl_calls(DeviceArrays(acl), rows, n, k, options.dtype, copies)}
            if torch:
                functions["torch"] = torch_calls(torch, rows, n, k, options.dtype, copies)
            best = best_seconds(functions, time.process_time if options.clock == "cpu" else time.perf_counter)
            own = best["hostacl"] / copies
            text = f"{rows:5} x {k:4} x {n:4}  {own * 1e6:9.1f} us {2e-9 * rows * n * k / own:8.1f} GFLOP/s"
            if torch:
                text += (
                    f"   torch {best['torch'] / copies * 1e6:9.1f} us   {best['torch'] / best['hostacl']:5.2f} x torch"
                )
            print(text, flush=True)


if __name__ == "__main__":
    main()
