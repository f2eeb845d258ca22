#include "runtime/host_watch.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "runtime/allocations.h"
#include "runtime/config.h"
#include "runtime/misuse.h"

namespace hostacl {
namespace {

/** A closed range, readable from the signal handler: atomics only. `begin` is 0 when the slot is free. */
struct Slot {
    std::atomic<uintptr_t> begin{0}, end{0}, pageBegin{0}, pageEnd{0};
    std::atomic<bool> touched{false};
};

constexpr size_t kSlots = 256;
std::array<Slot, kSlots> slots;
struct sigaction previousHandler;

struct Watch {
    uint64_t stream, tick;
    Interval range;
    Slot* slot;         // of a copy to the host: its pages are closed
    uint64_t checksum;  // of a copy from the host: what the source held at submission
};

std::mutex watchMutex;
std::vector<Watch>& watches() {
    static auto* list = new std::vector<Watch>;
    return *list;
}

uintptr_t pageSize() {
    static const auto size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    return size;
}

uint64_t checksumOf(const Interval& range) {
    const auto* bytes = static_cast<const uint8_t*>(hostAlias(reinterpret_cast<const void*>(range.begin)));
    uint64_t hash = 0xcbf29ce484222325U;
    for (uintptr_t i = 0; i < range.end - range.begin; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3U;
    return hash;
}

void open(const Slot& slot) {
    mprotect(reinterpret_cast<void*>(slot.pageBegin.load()), slot.pageEnd.load() - slot.pageBegin.load(),
             PROT_READ | PROT_WRITE);
}

/** A touch of a closed page: note it when it hits a copy's own bytes, open the page and let the program go
 * on. */
void onFault(int signal, siginfo_t* info, void* context) {
    const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
    bool ours = false;
    for (Slot& slot : slots) {
        if (slot.begin.load() == 0 || address < slot.pageBegin.load() || address >= slot.pageEnd.load())
            continue;
        ours = true;
        if (address >= slot.begin.load() && address < slot.end.load()) slot.touched.store(true);
        open(slot);
    }
    if (ours) return;
    if ((previousHandler.sa_flags & SA_SIGINFO) != 0 && previousHandler.sa_sigaction != nullptr) {
        previousHandler.sa_sigaction(signal, info, context);
    } else if (previousHandler.sa_handler != SIG_DFL && previousHandler.sa_handler != SIG_IGN) {
        previousHandler.sa_handler(signal);
    } else {
        sigaction(SIGSEGV, &previousHandler,
                  nullptr);  // the access repeats and ends the process as it should
    }
}

void installHandler() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action = {};
        action.sa_sigaction = onFault;
        action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
        sigaction(SIGSEGV, &action, &previousHandler);
    });
}

Slot* close(const Interval& range) {
    installHandler();
    for (Slot& slot : slots) {
        if (slot.begin.load() != 0) continue;
        slot.pageBegin = range.begin & ~(pageSize() - 1);
        slot.pageEnd = (range.end + pageSize() - 1) & ~(pageSize() - 1);
        slot.end = range.end;
        slot.touched = false;
        slot.begin = range.begin;
        mprotect(reinterpret_cast<void*>(slot.pageBegin.load()), slot.pageEnd.load() - slot.pageBegin.load(),
                 PROT_NONE);
        return &slot;
    }
    return nullptr;  // more copies in flight than slots: this one goes unwatched
}

/** Opens the watch's pages; pages that another watch shares are opened too, which may lose a finding, never
 * adds one. */
bool endAndJudge(const Watch& watch) {
    if (watch.slot == nullptr) return checksumOf(watch.range) == watch.checksum;
    const bool untouched = !watch.slot->touched.load();
    open(*watch.slot);
    watch.slot->begin.store(0);
    return untouched;
}

}  // namespace

void watchHostAccesses(uint64_t stream, uint64_t tick, const Accesses& accesses) {
    std::lock_guard lock(watchMutex);
    for (const Access& access : accesses) {
        if (!access.host) continue;
        for (const Interval& range : access.intervals) {
            const auto allocation = allocations().find(range.begin);
            if (!allocation || allocation->alias == nullptr) continue;
            Watch watch{stream, tick, range, nullptr, 0};
            if (access.write) {
                watch.slot = close(range);
                if (watch.slot == nullptr) continue;
            } else {
                watch.checksum = checksumOf(range);
            }
            watches().push_back(watch);
        }
    }
}

aclError releaseHostWatches(const Clock& clock) {
    std::lock_guard lock(watchMutex);
    aclError code = ACL_SUCCESS;
    std::erase_if(watches(), [&](const Watch& watch) {
        const auto it = clock.find(watch.stream);
        if (it == clock.end() || watch.tick > it->second) return false;
        if (!endAndJudge(watch)) {
            code = misuse(24, "%s %p, %zu bytes, before the copy was over: synchronise first.",
                          watch.slot ? "the host touched the target of a copy from the device at"
                                     : "the host changed the source of a copy to the device at",
                          reinterpret_cast<void*>(watch.range.begin),
                          static_cast<size_t>(watch.range.end - watch.range.begin));
        }
        return true;
    });
    return code;
}

void dropHostWatches(const Interval& range) {
    std::lock_guard lock(watchMutex);
    std::erase_if(watches(), [&](const Watch& watch) {
        if (!overlaps(watch.range, range)) return false;
        if (watch.slot != nullptr) {
            open(*watch.slot);
            watch.slot->begin.store(0);
        }
        return true;
    });
}

void* hostAlias(const void* address) {
    if (checked()) {
        const auto allocation = allocations().find(address);
        if (allocation && allocation->alias != nullptr) {
            return allocation->alias + (reinterpret_cast<uintptr_t>(address) - allocation->base);
        }
    }
    return const_cast<void*>(address);
}

bool mapTwice(size_t bytes, void** view, uint8_t** alias) {
    const int file = memfd_create("hostacl-pinned", MFD_CLOEXEC);
    if (file < 0) return false;
    void* first = MAP_FAILED;
    void* second = MAP_FAILED;
    if (ftruncate(file, static_cast<off_t>(bytes)) == 0) {
        first = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        second = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    ::close(file);
    if (first == MAP_FAILED || second == MAP_FAILED) {
        if (first != MAP_FAILED) munmap(first, bytes);
        if (second != MAP_FAILED) munmap(second, bytes);
        return false;
    }
    *view = first;
    *alias = static_cast<uint8_t*>(second);
    return true;
}

void unmapTwice(void* view, uint8_t* alias, size_t bytes) {
    munmap(view, bytes);
    munmap(alias, bytes);
}

}  // namespace hostacl
