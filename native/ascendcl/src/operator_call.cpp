#include "operator_call.h"

#include <algorithm>
#include <array>
#include <bit>

#include "operator_table.h"

namespace ascendcl {
namespace {

/** FusedInferAttentionScoreV2 has 39 parameters, the most of all. */
constexpr size_t kMaxParameters = 48;
constexpr uint64_t kSmallestWorkspace = uint64_t{1} << 20;

/** The aclnn objects of one call; destroyed after phase 2 as ABI reference 3.3 allows. */
class Arguments {
  public:
    Arguments(const Program& program, const Step& step, const Bindings& bindings)
        : kinds_(operatorTable()[static_cast<size_t>(step.operation)].kinds) {
        for (; made_ < step.argumentCount; made_++) {
            values_[made_] = make(program, program.argument(step, static_cast<uint32_t>(made_)), bindings);
        }
    }

    ~Arguments() {
        for (size_t i = 0; i < made_; i++) {
            const void* object = values_[i].pointer;
            switch (kinds_[i]) {
                case Kind::kTensor:
                    api().aclDestroyTensor(static_cast<const aclTensor*>(object));
                    break;
                case Kind::kList:
                    api().aclDestroyTensorList(static_cast<const aclTensorList*>(object));
                    break;
                case Kind::kScalar:
                    api().aclDestroyScalar(static_cast<const aclScalar*>(object));
                    break;
                case Kind::kInts:
                    api().aclDestroyIntArray(static_cast<const aclIntArray*>(object));
                    break;
                case Kind::kText:
                case Kind::kInteger:
                case Kind::kReal:
                    break;
            }
        }
    }

    Arguments(const Arguments&) = delete;
    Arguments& operator=(const Arguments&) = delete;

    const Value* values() const { return values_.data(); }

  private:
    static Value make(const Program& program, const Argument& argument, const Bindings& bindings) {
        Value value{};
        switch (argument.tag) {
            case Tag::kAbsent:
                value.pointer = nullptr;
                break;
            case Tag::kTensor:
                value.pointer = tensor(program.tensors[argument.range.first], bindings);
                break;
            case Tag::kInt:
                value.integer = argument.integer;
                break;
            case Tag::kFloat:
                value.real = argument.real;
                break;
            case Tag::kScalar:
                value.pointer = scalar(program.scalars[argument.range.first]);
                break;
            case Tag::kInts:
                value.pointer =
                    required("aclCreateIntArray",
                             api().aclCreateIntArray(program.integers.data() + argument.range.first,
                                                     argument.range.count));
                break;
            case Tag::kLengths: {
                const std::vector<int64_t>& lengths = bindings.lengths[argument.range.first];
                value.pointer =
                    required("aclCreateIntArray", api().aclCreateIntArray(lengths.data(), lengths.size()));
                break;
            }
            case Tag::kText:
                // The operators take char*, but read only.
                value.pointer = const_cast<char*>(program.texts.data() + argument.range.first);
                break;
            case Tag::kList:
                value.pointer = list(program, argument, bindings);
                break;
        }
        return value;
    }

    static aclTensor* tensor(const TensorSpec& spec, const Bindings& bindings) {
        const Buffer& buffer = *bindings.buffers[spec.buffer];
        const int64_t storage = elementsIn(spec.dtype, static_cast<int64_t>(buffer.bytes()));
        const uint64_t rank = static_cast<uint64_t>(spec.rank);
        return required("aclCreateTensor",
                        api().aclCreateTensor(spec.dims, rank, spec.dtype, spec.strides, spec.offset,
                                              spec.format, &storage, 1, buffer.address()));
    }

    static aclScalar* scalar(const ScalarSpec& spec) {
        float real = static_cast<float>(spec.value);
        int64_t integer = static_cast<int64_t>(spec.value);
        void* value = spec.dtype == ACL_INT64 ? static_cast<void*>(&integer) : static_cast<void*>(&real);
        return required("aclCreateScalar", api().aclCreateScalar(value, spec.dtype));
    }

    static aclTensorList* list(const Program& program, const Argument& argument, const Bindings& bindings) {
        std::vector<const aclTensor*> members;
        for (uint32_t i = 0; i < argument.range.count; i++) {
            members.push_back(tensor(program.tensors[argument.range.first + i], bindings));
        }
        // The list owns its members from here on.
        return required("aclCreateTensorList", api().aclCreateTensorList(members.data(), members.size()));
    }

    template <class Object>
    static Object* required(const char* function, Object* object) {
        if (object == nullptr) fail(function, ACL_ERROR_INVALID_PARAM);
        return object;
    }

    const std::vector<Kind>& kinds_;
    std::array<Value, kMaxParameters> values_;
    size_t made_ = 0;
};

}  // namespace

std::shared_ptr<Buffer> Workspace::atLeast(uint64_t bytes) {
    if (buffer_ == nullptr || buffer_->bytes() < bytes) {
        buffer_ = Buffer::allocate(device_, std::bit_ceil(std::max(bytes, kSmallestWorkspace)));
    }
    return buffer_;
}

std::shared_ptr<Buffer> FixedWorkspace::atLeast(uint64_t bytes) {
    const uint64_t have = buffer_ == nullptr ? 0 : buffer_->bytes();
    if (have >= bytes) return buffer_;
    throw Failure{kBadProgram,
                  "aclmdlRICaptureTaskUpdateBegin",
                  -1,
                  {},
                  "these lengths need a workspace of " + std::to_string(bytes) + " bytes, captured with " +
                      std::to_string(have) + "; capture with the longest lengths first"};
}

std::shared_ptr<Buffer> submitOperator(const Program& program, const Step& step, const Bindings& bindings,
                                       WorkspaceSource& workspace, aclrtStream stream) {
    const Operator& wanted = operatorTable()[static_cast<size_t>(step.operation)];
    const OperatorSymbols symbols = operatorSymbols(step.operation);
    const Arguments arguments(program, step, bindings);
    uint64_t bytes = 0;
    aclOpExecutor* executor = nullptr;
    const int first = wanted.callFirst(symbols.first, arguments.values(), &bytes, &executor);
    if (tracing()) traceCall(wanted.firstName, first);
    if (first != 0) fail(wanted.firstName, first);
    std::shared_ptr<Buffer> used;
    if (bytes != 0) {
        try {
            used = workspace.atLeast(bytes);
        } catch (...) {
            ACL_QUIET(aclDestroyAclOpExecutor, executor);
            throw;
        }
    }
    const int second = symbols.second(used == nullptr ? nullptr : used->address(), bytes, executor, stream);
    if (tracing()) traceCall(wanted.secondName, second);
    if (second != 0) fail(wanted.secondName, second);
    return used;
}

}  // namespace ascendcl
