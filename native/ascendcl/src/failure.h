// What goes wrong in the addon, as a plain structure that any thread can carry to JavaScript.
#pragma once

#include <string>
#include <vector>

namespace ascendcl {

/** Codes of the addon itself, outside AscendCL's ranges; `ADDON_CODES` in packages/device/src/native.ts. */
enum AddonCode : int {
    kRunCancelled = 900001,
    kStreamClosed = 900002,
    kLibraryMissing = 900003,
    kSymbolMissing = 900004,
    kFileUnreadable = 900005,
    kDeviceReset = 900006,
    kBadHandle = 900007,
    kBadProgram = 900008,
    kDependencyFailed = 900009,
    kHostExhausted = 900010,
};

/** Thrown on the addon's threads; becomes the `NativeFailure` that a promise rejects with. */
struct Failure {
    int code = 0;
    std::string function;
    int step = -1;
    std::vector<std::string> tensors;
    std::string detail;
};

}  // namespace ascendcl
