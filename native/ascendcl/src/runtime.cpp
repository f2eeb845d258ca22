#include "runtime.h"

#include <cstring>
#include <mutex>

#include "api.h"

namespace ascendcl {
namespace {

struct State {
    std::mutex mutex;
    bool initialised = false;
    int environments = 0;
    bool ending = false;
};

State& state() {
    static State& only = *new State;
    return only;
}

void initialise() {
    const int code = api().aclInit(nullptr);
    if (tracing()) traceCall("aclInit", code);
    // Another user of the library in this process may have initialised it already.
    if (code != 0 && code != ACL_ERROR_REPEAT_INITIALIZE) fail("aclInit", code);
}

RuntimeFacts readFacts() {
    RuntimeFacts facts;
    facts.host = api().host();
    ACL_CALL(aclrtGetDeviceCount, &facts.devices);
    const char* soc = api().aclrtGetSocName == nullptr ? nullptr : api().aclrtGetSocName();
    facts.soc = soc == nullptr ? "unknown" : soc;
    std::vector<int32_t> version(3);
    if (api().aclrtGetVersion != nullptr &&
        api().aclrtGetVersion(&version[0], &version[1], &version[2]) == ACL_SUCCESS) {
        facts.aclVersion = version;
    }
    aclCANNPackageVersion package{};
    if (api().aclsysGetCANNVersion != nullptr &&
        api().aclsysGetCANNVersion(ACL_PKG_NAME_CANN, &package) == ACL_SUCCESS) {
        facts.cannVersion = std::string(package.version, strnlen(package.version, sizeof(package.version)));
    }
    facts.libraries = openedFiles();
    return facts;
}

}  // namespace

RuntimeFacts openRuntime(const std::vector<std::string>& runtime, const std::vector<std::string>& operators) {
    State& process = state();
    std::lock_guard lock(process.mutex);
    openLibraries(runtime, operators);
    try {
        if (!process.initialised) initialise();
        const RuntimeFacts facts = readFacts();
        process.initialised = true;
        return facts;
    } catch (...) {
        if (!process.initialised) closeLibraries();
        throw;
    }
}

void enterRuntime() {
    State& process = state();
    std::lock_guard lock(process.mutex);
    process.environments++;
}

void leaveRuntime(bool finalize) {
    State& process = state();
    std::lock_guard lock(process.mutex);
    process.environments--;
    process.ending = process.ending || finalize;
    if (!process.ending || process.environments > 0 || !process.initialised) return;
    process.initialised = false;
    ACL_QUIET(aclFinalize);
}

}  // namespace ascendcl
