// Misuse of the ABI that an NPU would answer with silence, corruption or a late fault, found by checked mode.
#pragma once

#include <string>

#include "acl_abi.h"

namespace hostacl {

/**
 * What checked mode answers to each misuse of the ABI reference, section 7. `code` is CANN's own where the
 * reference gives one ("cann" true); elsewhere the closest code is chosen here.
 */
struct MisuseRule {
    int number;
    aclError code;
    bool cann;
    const char* what;
};

/** The rule of a number; the table lies in misuse.cpp. */
const MisuseRule& misuseRule(int number);

/** Records misuse `number` for hostaclLastMisuse and as the thread's error; returns the rule's code. */
[[gnu::format(printf, 2, 3)]] aclError misuse(int number, const char* format, ...);

/** The same with another code than the rule's, for a misuse that two kinds of call answer differently. */
[[gnu::format(printf, 3, 4)]] aclError misuseAs(aclError code, int number, const char* format, ...);

}  // namespace hostacl
