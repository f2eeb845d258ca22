#include "runtime/misuse.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <mutex>

#include "hostacl.h"
#include "runtime/errors.h"
#include "runtime/stats.h"

namespace hostacl {
namespace {

// clang-format off
constexpr MisuseRule kRules[] = {
    { 1, ACL_ERROR_UNINITIALIZE,               true,  "call before aclInit"},
    { 2, ACL_ERROR_REPEAT_INITIALIZE,          true,  "second aclInit"},
    { 3, ACL_ERROR_REPEAT_FINALIZE,            true,  "finalized twice, or with live objects"},
    { 4, ACL_ERROR_RT_CONTEXT_NULL,            true,  "no context on the calling thread"},
    { 5, ACL_ERROR_RT_PARAM_INVALID,           true,  "null or destroyed context made current"},
    { 6, ACL_ERROR_RT_STREAM_CONTEXT,          true,  "stream of another context"},
    { 7, ACL_ERROR_RT_INVALID_DEVICEID,        true,  "device id out of range"},
    { 8, ACL_ERROR_RT_CONTEXT_RELEASE_ERROR,   true,  "reset not matched to set"},
    { 9, ACL_ERROR_RT_INVALID_HANDLE,          true,  "destroyed, unknown or foreign handle"},
    {12, ACL_ERROR_RT_PARAM_INVALID,           true,  "synchronise with timeout 0"},
    {13, ACL_ERROR_RT_PARAM_INVALID,           false, "event used in a way its flags do not allow"},
    {14, ACL_ERROR_RT_PARAM_INVALID,           false, "runtime call inside a callback"},
    {15, ACL_ERROR_INVALID_PARAM,              true,  "allocation of size 0 or without a place for the address"},
    {16, ACL_ERROR_RT_MEMORY_ALLOCATION,       true,  "device memory exhausted"},
    {17, ACL_ERROR_RT_PARAM_INVALID,           false, "free of something that is not a live allocation of that kind"},
    {18, ACL_ERROR_RT_MEMORY_FREE,             false, "memory freed or overwritten while queued work uses it"},
    {20, ACL_ERROR_RT_AICORE_EXCEPTION,        true,  "operator address outside every live device allocation"},
    {21, ACL_ERROR_RT_ADDR_UNALIGNED,          true,  "address not aligned"},
    {22, ACL_ERROR_RT_PARAM_INVALID,           true,  "copy beyond its destination, its allocation or of a wrong kind"},
    {23, ACL_ERROR_RT_INTERNAL_ERROR,          false, "synchronous copy of data that queued work still produces"},
    {24, ACL_ERROR_RT_INTERNAL_ERROR,          false, "host touched memory of an asynchronous copy in flight"},
    {25, ACL_ERROR_RT_FEATURE_NOT_SUPPORT,     true,  "asynchronous copy from host to host"},
    {27, ACL_ERROR_RT_INTERNAL_ERROR,          false, "two streams touch one range without an event between"},
    {29, ACLNN_ERR_PARAM_NULLPTR,              true,  "required pointer is null"},
    {30, ACLNN_ERR_PARAM_INVALID,              true,  "dtype, format, rank, shape or attribute outside the documented set"},
    {31, ACLNN_ERR_INNER_NULLPTR,              false, "executor used twice, after its end, or with another operator"},
    {32, ACLNN_ERR_PARAM_NULLPTR,              true,  "workspace null, too small or not device memory"},
    {33, ACLNN_ERR_INNER_NULLPTR,              false, "tensor, list, scalar or array destroyed between the phases"},
    {34, ACLNN_ERR_PARAM_INVALID,              false, "object destroyed twice"},
    {35, ACLNN_ERR_INNER,                      true,  "executor made repeatable late or on another thread"},
    {36, ACLNN_ERR_RUNTIME_ERROR,              false, "second phase on another device than the first"},
    {37, ACLNN_ERR_PARAM_INVALID,              false, "output overlaps an input"},
    {38, ACLNN_ERR_PARAM_INVALID,              false, "view leaves its storage, or storage its allocation"},
    {45, ACLNN_ERR_PARAM_INVALID,              false, "attention mask with wrong contents"},
    {57, ACL_ERROR_RT_AICORE_EXCEPTION,        false, "replay uses memory that was freed"},
    {59, ACL_ERROR_RT_MEMORY_FREE,             false, "write beyond the end of an allocation"},
};
// clang-format on

std::mutex lastMutex;
std::string lastText;
int lastNumber = 0;

aclError report(aclError code, int number, const char* format, va_list arguments) {
    char text[768];
    std::vsnprintf(text, sizeof text, format, arguments);
    char full[960];
    std::snprintf(full, sizeof full, "#%d (%s) %s", number, misuseRule(number).what, text);
    {
        std::lock_guard lock(lastMutex);
        lastText = full;
        lastNumber = number;
    }
    count(stats().misuses);
    return fail(code, "%s", full);
}

}  // namespace

const MisuseRule& misuseRule(int number) {
    static constexpr MisuseRule unknown{0, ACL_ERROR_RT_INTERNAL_ERROR, false, "misuse"};
    const auto* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                    [number](const MisuseRule& r) { return r.number == number; });
    return rule == std::end(kRules) ? unknown : *rule;
}

aclError misuse(int number, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const aclError code = report(misuseRule(number).code, number, format, arguments);
    va_end(arguments);
    return code;
}

aclError misuseAs(aclError code, int number, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report(code, number, format, arguments);
    va_end(arguments);
    return code;
}

}  // namespace hostacl

using namespace hostacl;

const char* hostaclLastMisuse() {
    thread_local std::string copy;
    std::lock_guard lock(lastMutex);
    if (lastNumber == 0) return nullptr;
    copy = lastText;
    return copy.c_str();
}

int hostaclLastMisuseNumber() {
    std::lock_guard lock(lastMutex);
    return lastNumber;
}

void hostaclClearMisuse() {
    std::lock_guard lock(lastMutex);
    lastNumber = 0;
    lastText.clear();
}
