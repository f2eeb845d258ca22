// The operators of acl_operators.h bound to their symbols by their C signatures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program.h"

namespace ascendcl {

/** What a parameter of a first phase takes. */
enum class Kind : uint8_t { kTensor, kList, kScalar, kInts, kText, kInteger, kReal };

/** An argument made ready for the call. */
union Value {
    void* pointer;
    int64_t integer;
    double real;
};

/** Both phases of an operator in the opened libraries. */
struct OperatorSymbols {
    void* first;
    aclnnSecondPhase second;
};

struct Operator {
    const char* name;        // without `aclnn`
    const char* firstName;   // aclnnXGetWorkspaceSize
    const char* secondName;  // aclnnX
    std::vector<Kind> kinds;
    aclnnStatus (*callFirst)(void* function, const Value* values, uint64_t* workspaceBytes,
                             aclOpExecutor** executor);
};

const std::vector<Operator>& operatorTable();

/** The symbols of an operator, looked up once; throws `Failure` (kSymbolMissing) that names the absent one.
 */
OperatorSymbols operatorSymbols(int number);
bool hasOperator(const std::string& name);

/** Why a step does not fit its operator's signature; empty when it does. */
std::string operatorProblem(int number, const Program& program, const Step& step);

}  // namespace ascendcl
