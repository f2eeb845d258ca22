#include "operator_table.h"

#include <atomic>
#include <memory>
#include <type_traits>
#include <utility>

#include "api.h"

namespace ascendcl {
namespace {

template <class Parameter>
constexpr Kind kindOf() {
    using Pointed = std::remove_const_t<std::remove_pointer_t<Parameter>>;
    if constexpr (std::is_same_v<Pointed, aclTensor>)
        return Kind::kTensor;
    else if constexpr (std::is_same_v<Pointed, aclTensorList>)
        return Kind::kList;
    else if constexpr (std::is_same_v<Pointed, aclScalar>)
        return Kind::kScalar;
    else if constexpr (std::is_same_v<Pointed, aclIntArray>)
        return Kind::kInts;
    else if constexpr (std::is_same_v<Parameter, char*>)
        return Kind::kText;
    else if constexpr (std::is_floating_point_v<Parameter>)
        return Kind::kReal;
    else
        return Kind::kInteger;
}

template <class Parameter>
Parameter valueAs(const Value& value) {
    if constexpr (std::is_pointer_v<Parameter>)
        return static_cast<Parameter>(value.pointer);
    else if constexpr (std::is_floating_point_v<Parameter>)
        return static_cast<Parameter>(value.real);
    else
        return static_cast<Parameter>(value.integer);
}

template <class... Parameters, size_t... Index>
aclnnStatus callWith(void* function, const Value* values, uint64_t* workspaceBytes, aclOpExecutor** executor,
                     std::index_sequence<Index...>) {
    using First = aclnnStatus (*)(Parameters..., uint64_t*, aclOpExecutor**);
    return reinterpret_cast<First>(function)(valueAs<Parameters>(values[Index])..., workspaceBytes, executor);
}

template <class... Parameters>
aclnnStatus callFirst(void* function, const Value* values, uint64_t* workspaceBytes,
                      aclOpExecutor** executor) {
    return callWith<Parameters...>(function, values, workspaceBytes, executor,
                                   std::index_sequence_for<Parameters...>{});
}

/** The parameter types come from the list that also declares the prototypes, so the two cannot disagree. */
template <class... Parameters>
Operator bind(const char* name, const char* first, const char* second, void (*)(Parameters...)) {
    return {name, first, second, {kindOf<Parameters>()...}, &callFirst<Parameters...>};
}

std::vector<Operator> makeTable() {
    return {
#define BIND_OPERATOR(name, ...) \
    bind(#name, "aclnn" #name "GetWorkspaceSize", "aclnn" #name, static_cast<void (*)(__VA_ARGS__)>(nullptr)),
        ACLNN_OPERATORS(BIND_OPERATOR)
#undef BIND_OPERATOR
    };
}

/** Symbols found so far, by operator number. Filled by several threads with equal values. */
struct SymbolCache {
    std::atomic<void*> first{nullptr};
    std::atomic<void*> second{nullptr};
};

SymbolCache& symbolCache(int number) {
    static const auto cache = new std::vector<SymbolCache>(operatorTable().size());
    return (*cache)[static_cast<size_t>(number)];
}

bool fits(Tag tag, Kind kind) {
    switch (kind) {
        case Kind::kTensor:
            return tag == Tag::kTensor || tag == Tag::kAbsent;
        case Kind::kList:
            return tag == Tag::kList || tag == Tag::kAbsent;
        case Kind::kScalar:
            return tag == Tag::kScalar || tag == Tag::kAbsent;
        case Kind::kInts:
            return tag == Tag::kInts || tag == Tag::kLengths || tag == Tag::kAbsent;
        case Kind::kText:
            return tag == Tag::kText || tag == Tag::kAbsent;
        case Kind::kInteger:
            return tag == Tag::kInt;
        case Kind::kReal:
            return tag == Tag::kFloat;
    }
    return false;
}

}  // namespace

const std::vector<Operator>& operatorTable() {
    static const std::vector<Operator>& table = *new std::vector<Operator>(makeTable());
    return table;
}

OperatorSymbols operatorSymbols(int number) {
    SymbolCache& cache = symbolCache(number);
    void* first = cache.first.load(std::memory_order_acquire);
    void* second = cache.second.load(std::memory_order_acquire);
    if (first == nullptr || second == nullptr) {
        const Operator& wanted = operatorTable()[static_cast<size_t>(number)];
        first = findSymbol(wanted.firstName);
        if (first == nullptr) failMissing(wanted.firstName);
        second = findSymbol(wanted.secondName);
        if (second == nullptr) failMissing(wanted.secondName);
        cache.first.store(first, std::memory_order_release);
        cache.second.store(second, std::memory_order_release);
    }
    return {first, reinterpret_cast<aclnnSecondPhase>(second)};
}

bool hasOperator(const std::string& name) {
    const std::string second = "aclnn" + name;
    return findSymbol((second + "GetWorkspaceSize").c_str()) != nullptr &&
           findSymbol(second.c_str()) != nullptr;
}

std::string operatorProblem(int number, const Program& program, const Step& step) {
    const std::vector<Operator>& table = operatorTable();
    if (static_cast<size_t>(number) >= table.size()) return "unknown operator " + std::to_string(number);
    const Operator& wanted = table[static_cast<size_t>(number)];
    if (step.argumentCount != wanted.kinds.size()) {
        return std::string(wanted.secondName) + " takes " + std::to_string(wanted.kinds.size()) +
               " arguments, got " + std::to_string(step.argumentCount);
    }
    for (uint32_t i = 0; i < step.argumentCount; i++) {
        if (fits(program.argument(step, i).tag, wanted.kinds[i])) continue;
        return std::string(wanted.secondName) + " does not take an argument of tag " +
               std::to_string(static_cast<int>(program.argument(step, i).tag)) + " in place " +
               std::to_string(i);
    }
    return {};
}

}  // namespace ascendcl
