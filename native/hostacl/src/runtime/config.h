// The settings of the process, read once from the environment.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace hostacl {

struct Config {
    int devices = 1;                  // HOSTACL_DEVICES, 1 to 16
    uint64_t deviceMemoryBytes = 0;   // HOSTACL_DEVICE_MEMORY per device; default 3/4 of the machine's memory
    int threads = 1;                  // HOSTACL_THREADS per device; default: the cores this process may use
    std::string soc = "Ascend910B4";  // HOSTACL_SOC
    std::string fault;                // HOSTACL_FAULT: kind=parameter, several separated by commas
    std::string unusable;             // what is wrong with a value of the environment; empty if nothing is
    bool isAscend310P() const { return soc.rfind("Ascend310P", 0) == 0; }
};

/** The process's settings. */
const Config& config();

namespace detail {
extern std::atomic<bool> checkedMode;
}

/** True when misuse is to be found at once, at any cost in time (HOSTACL_CHECKED=1 or hostaclSetChecked). */
inline bool checked() {
    return detail::checkedMode.load(std::memory_order_relaxed);
}

}  // namespace hostacl
