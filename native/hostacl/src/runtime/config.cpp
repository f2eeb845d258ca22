#include "runtime/config.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace hostacl {
namespace {

/** A whole number of the environment; another text is noted in `unusable`, and the fallback is given. */
int64_t integerFromEnvironment(const char* name, int64_t fallback, int64_t least, int64_t most,
                               std::string& unusable) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') return fallback;
    int64_t value = 0;
    const char* end = text + std::strlen(text);
    const auto [rest, error] = std::from_chars(text, end, value);
    if (error == std::errc() && rest == end && value >= least && value <= most) return value;
    if (unusable.empty()) {
        unusable = std::string(name) + "=" + text + ": expected a whole number from " +
                   std::to_string(least) + (most == INT64_MAX ? " on" : " to " + std::to_string(most)) +
                   "; correct it, or unset it to get " + std::to_string(fallback) + ".";
    }
    return fallback;
}

int usableCores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

Config read() {
    Config c;
    c.devices = static_cast<int>(integerFromEnvironment("HOSTACL_DEVICES", 1, 1, 16, c.unusable));
    const auto machineBytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    c.deviceMemoryBytes =
        integerFromEnvironment("HOSTACL_DEVICE_MEMORY", machineBytes / 4 * 3, 1 << 20, INT64_MAX, c.unusable);
    c.threads =
        static_cast<int>(integerFromEnvironment("HOSTACL_THREADS", usableCores(), 1, 256, c.unusable));
    if (const char* soc = std::getenv("HOSTACL_SOC"); soc != nullptr && *soc != '\0') c.soc = soc;
    if (const char* fault = std::getenv("HOSTACL_FAULT"); fault != nullptr) c.fault = fault;
    return c;
}

bool checkedFromEnvironment() {
    const char* text = std::getenv("HOSTACL_CHECKED");
    return text != nullptr && *text != '\0' && std::strcmp(text, "0") != 0;
}

}  // namespace

const Config& config() {
    static const Config instance = read();
    return instance;
}

namespace detail {
std::atomic<bool> checkedMode{checkedFromEnvironment()};
}

}  // namespace hostacl
