// A program decoded from words: what `packages/device/src/program/step-encoder.ts` writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "acl_abi.h"

namespace ascendcl {

/** Kinds of arguments; `TAG` in step-encoder.ts. */
enum class Tag : int {
    kAbsent = 0,
    kTensor = 1,
    kInt = 2,
    kFloat = 3,
    kScalar = 4,
    kInts = 5,
    kLengths = 6,
    kText = 7,
    kList = 8,
};

/** Steps that are not operators; `STEP` in step-encoder.ts. */
enum SpecialStep : int { kUpload = -1, kDownload = -2, kRecord = -3, kWait = -4 };

constexpr int kMaxRank = 8;

/** A view of the buffer in slot `buffer` of a run's table; offset and strides in elements. */
struct TensorSpec {
    uint32_t buffer;
    int64_t offset;
    aclDataType dtype;
    aclFormat format;
    int rank;
    int64_t dims[kMaxRank];
    int64_t strides[kMaxRank];

    int64_t elements() const;
    /** `bf16[2, 3]`, with strides when they are not row-major. */
    std::string text() const;
};

struct ScalarSpec {
    aclDataType dtype;
    double value;
};

/** An argument: a value, or a range of one of the program's tables. */
struct Argument {
    Tag tag = Tag::kAbsent;
    union {
        int64_t integer;
        double real;
        struct {
            uint32_t first;
            uint32_t count;
        } range;
    };
};

struct Step {
    int operation;  // index into the operator table, or a SpecialStep
    uint32_t firstArgument;
    uint32_t argumentCount;
};

struct Program {
    std::vector<Step> steps;
    std::vector<Argument> arguments;
    std::vector<TensorSpec> tensors;
    std::vector<ScalarSpec> scalars;
    std::vector<int64_t> integers;
    std::string texts;  // each ended by a zero byte
    uint32_t buffers = 0;
    uint32_t events = 0;
    uint32_t uploads = 0;
    uint32_t downloads = 0;
    uint32_t lengths = 0;

    const Argument& argument(const Step& step, uint32_t index) const {
        return arguments[step.firstArgument + index];
    }
    /** Texts of the step's tensors, for errors. */
    std::vector<std::string> tensorTexts(const Step& step) const;
};

/** Decodes and checks words. Throws `Failure` (kBadProgram). */
Program decodeProgram(const double* words, size_t count);

/** Bytes of `elements` elements, int4 rounded up. */
int64_t bytesOf(aclDataType dtype, int64_t elements);
/** Elements in `bytes` bytes. */
int64_t elementsIn(aclDataType dtype, int64_t bytes);

}  // namespace ascendcl
