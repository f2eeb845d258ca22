#include <algorithm>

#include "failure.h"
#include "operator_table.h"
#include "program.h"

namespace ascendcl {
namespace {

/** Reads words in order and fills the program's tables. */
class Decoder {
  public:
    Decoder(const double* words, size_t count) : words_(words), count_(count) {}

    Program decode() {
        while (at_ < count_) decodeStep();
        return std::move(program_);
    }

  private:
    void decodeStep() {
        const int operation = static_cast<int>(integer());
        const uint32_t argumentCount = static_cast<uint32_t>(integer());
        const Step step{operation, static_cast<uint32_t>(program_.arguments.size()), argumentCount};
        for (uint32_t i = 0; i < argumentCount; i++) decodeArgument();
        check(step);
        program_.steps.push_back(step);
    }

    void decodeArgument() {
        const Tag tag = static_cast<Tag>(integer());
        Argument argument;
        argument.tag = tag;
        argument.integer = 0;
        switch (tag) {
            case Tag::kAbsent:
                break;
            case Tag::kTensor:
                argument.range = {tableEnd(program_.tensors), 1};
                tensor();
                break;
            case Tag::kInt:
                argument.integer = integer();
                break;
            case Tag::kFloat:
                argument.real = word();
                break;
            case Tag::kScalar: {
                argument.range = {tableEnd(program_.scalars), 1};
                const aclDataType dtype = static_cast<aclDataType>(integer());
                program_.scalars.push_back({dtype, word()});
                break;
            }
            case Tag::kInts:
                argument.range = {tableEnd(program_.integers), static_cast<uint32_t>(integer())};
                for (uint32_t i = 0; i < argument.range.count; i++) program_.integers.push_back(integer());
                break;
            case Tag::kLengths:
                argument.range = {static_cast<uint32_t>(integer()), 1};
                program_.lengths = std::max(program_.lengths, argument.range.first + 1);
                break;
            case Tag::kText:
                argument.range = {tableEnd(program_.texts), static_cast<uint32_t>(integer())};
                for (uint32_t i = 0; i < argument.range.count; i++) {
                    program_.texts.push_back(static_cast<char>(integer()));
                }
                program_.texts.push_back('\0');
                break;
            case Tag::kList:
                argument.range = {tableEnd(program_.tensors), static_cast<uint32_t>(integer())};
                for (uint32_t i = 0; i < argument.range.count; i++) {
                    if (static_cast<Tag>(integer()) != Tag::kTensor) fail("a list holds tensors only");
                    tensor();
                }
                break;
            default:
                fail("unknown argument tag " + std::to_string(static_cast<int>(tag)));
        }
        program_.arguments.push_back(argument);
    }

    void tensor() {
        TensorSpec spec{};
        spec.buffer = static_cast<uint32_t>(integer());
        spec.offset = integer();
        spec.dtype = static_cast<aclDataType>(integer());
        spec.format = static_cast<aclFormat>(integer());
        spec.rank = static_cast<int>(integer());
        if (spec.rank < 0 || spec.rank > kMaxRank) fail("rank " + std::to_string(spec.rank));
        for (int i = 0; i < spec.rank; i++) spec.dims[i] = integer();
        for (int i = 0; i < spec.rank; i++) spec.strides[i] = integer();
        program_.buffers = std::max(program_.buffers, spec.buffer + 1);
        program_.tensors.push_back(spec);
    }

    /** Arguments must be of the kinds that the step takes, so that running needs no further checks. */
    void check(const Step& step) {
        if (step.operation >= 0) {
            const std::string problem = operatorProblem(step.operation, program_, step);
            if (!problem.empty()) fail(problem);
            return;
        }
        const bool transfer = step.operation == kUpload || step.operation == kDownload;
        const bool event = step.operation == kRecord || step.operation == kWait;
        if (!transfer && !event) fail("unknown step " + std::to_string(step.operation));
        if (step.argumentCount != (transfer ? 2u : 1u) || program_.argument(step, 0).tag != Tag::kInt ||
            (transfer && program_.argument(step, 1).tag != Tag::kTensor)) {
            fail("wrong arguments of step " + std::to_string(step.operation));
        }
        const uint32_t slots = static_cast<uint32_t>(program_.argument(step, 0).integer) + 1;
        uint32_t& table = event                       ? program_.events
                          : step.operation == kUpload ? program_.uploads
                                                      : program_.downloads;
        table = std::max(table, slots);
    }

    template <class Table>
    static uint32_t tableEnd(const Table& table) {
        return static_cast<uint32_t>(table.size());
    }

    double word() {
        if (at_ >= count_) fail("the words end inside a step");
        return words_[at_++];
    }

    int64_t integer() { return static_cast<int64_t>(word()); }

    [[noreturn]] void fail(const std::string& reason) const {
        throw Failure{kBadProgram, "programCreate", static_cast<int>(program_.steps.size()), {}, reason};
    }

    const double* words_;
    const size_t count_;
    size_t at_ = 0;
    Program program_;
};

}  // namespace

Program decodeProgram(const double* words, size_t count) {
    return Decoder(words, count).decode();
}

}  // namespace ascendcl
