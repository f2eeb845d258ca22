#include "runtime/event.h"

#include <chrono>

#include "runtime/stream.h"

namespace hostacl {
namespace {

constexpr std::chrono::milliseconds kGiveUpPoll{5};

/** Waits under `lock` for `over`, at most `timeoutMs`, looking now and then whether `giveUp` was abandoned.
 */
template <typename Over>
bool waitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& signal, int64_t timeoutMs,
             const Stream* giveUp, Over over) {
    const auto start = std::chrono::steady_clock::now();
    while (!over()) {
        if (giveUp != nullptr && giveUp->abandoned()) return false;
        if (timeoutMs >= 0 &&
            std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(timeoutMs)) {
            return false;
        }
        signal.wait_for(lock, kGiveUpPoll);
    }
    return true;
}

}  // namespace

std::atomic<int64_t> eventWaitTimeoutMs{-1};

HandleTable<Event>& events() {
    static auto* table = new HandleTable<Event>;
    return *table;
}

void EventRecord::happen() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    std::lock_guard lock(mutex_);
    nanoseconds_.store(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(),
                       std::memory_order_release);
    happened_.notify_all();
}

bool EventRecord::wait(int64_t timeoutMs, const Stream* giveUp) {
    if (done()) return true;
    std::unique_lock lock(mutex_);
    return waitFor(lock, happened_, timeoutMs, giveUp, [this] { return done(); });
}

void EventFlag::set(bool value) {
    std::lock_guard lock(mutex_);
    set_ = value;
    changed_.notify_all();
}

bool EventFlag::wait(int64_t timeoutMs, const Stream* giveUp) {
    std::unique_lock lock(mutex_);
    return waitFor(lock, changed_, timeoutMs, giveUp, [this] { return set_; });
}

std::shared_ptr<EventRecord> Event::latest() {
    std::lock_guard lock(mutex_);
    return latest_;
}

void Event::setLatest(std::shared_ptr<EventRecord> record) {
    std::lock_guard lock(mutex_);
    latest_ = std::move(record);
}

}  // namespace hostacl
