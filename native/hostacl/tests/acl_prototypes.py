"""Argument types of every function of the ABI, read from the very headers that C++ compiles."""

import ctypes
import re
from pathlib import Path

HEADERS = Path(__file__).resolve().parents[2] / "include"

SCALARS = {
    "int8_t": ctypes.c_int8,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "int": ctypes.c_int,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
    "bool": ctypes.c_bool,
    "aclFloat16": ctypes.c_uint16,
}
HANDLES = {
    "aclrtContext",
    "aclrtStream",
    "aclrtEvent",
    "aclrtTaskGrp",
    "aclmdlRI",
    "aclrtCallback",
    "aclrtHostFunc",
    "aclrtExceptionInfoCallback",
}


def _ctype(declaration: str):
    """The ctypes type of one C declaration; enums are 32-bit integers."""
    if "*" in declaration:
        return ctypes.c_void_p
    words = [w for w in declaration.split() if w != "const"]
    if words[0] in HANDLES:
        return ctypes.c_void_p
    return SCALARS.get(words[0], ctypes.c_int32)


def _split(parameters: str) -> list:
    return [_ctype(p) for p in parameters.split(",") if p.strip()]


def runtime_functions() -> dict:
    """name -> (result type, argument types) of the runtime and aclnn-base functions."""
    text = (HEADERS / "acl_runtime.h").read_text().replace("\\\n", " ")
    functions = {}
    for result, name, parameters in re.findall(r"FN\(([^,()]+), (\w+),\s*\(([^()]*)\)\)", text):
        functions[name] = (ctypes.c_char_p if "char" in result else _ctype(result), _split(parameters))
    return functions


def operators() -> dict:
    """aclnnXxx -> argument types of its first phase, without the two out-parameters."""
    text = (HEADERS / "acl_operators.h").read_text().replace("\\\n", " ")
    return {f"aclnn{n}": _split(p) for n, p in re.findall(r"OP\((\w+),\s*([^()]*)\)", text) if n != "Name"}
