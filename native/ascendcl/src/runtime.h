// Opening and initialising AscendCL, once a process.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ascendcl {

/** `NativeRuntime` in native.ts. */
struct RuntimeFacts {
    bool host = false;
    std::string soc;
    uint32_t devices = 0;
    std::optional<std::vector<int32_t>> aclVersion;
    std::optional<std::string> cannVersion;
    std::vector<std::string> libraries;
};

/** Opens the libraries and initialises AscendCL; a later call with the same libraries only answers. Throws
 * `Failure`. */
RuntimeFacts openRuntime(const std::vector<std::string>& runtime, const std::vector<std::string>& operators);

/** Counts JavaScript environments, the main thread's and workers'. */
void enterRuntime();
/** The last environment to leave ends AscendCL, once the main thread has asked for it by `finalize`. */
void leaveRuntime(bool finalize);

}  // namespace ascendcl
