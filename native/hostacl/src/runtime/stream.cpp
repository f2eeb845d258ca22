#include "runtime/stream.h"

#include "runtime/callbacks.h"
#include "runtime/capture.h"
#include "runtime/errors.h"
#include "runtime/faults.h"
#include "runtime/host_watch.h"
#include "runtime/misuse.h"
#include "runtime/process.h"
#include "runtime/spin.h"
#include "runtime/stats.h"
#include "runtime/task_group.h"

namespace hostacl {
namespace {

constexpr int kStreamLimit = 1984;  // Atlas A2
constexpr std::chrono::microseconds kWorkerSpin{50};
constexpr std::chrono::microseconds kWaiterSpin{20};

std::atomic<uint64_t> nextNumber{1};

}  // namespace

HandleTable<Stream>& streams() {
    static auto* table = new HandleTable<Stream>;
    return *table;
}

Stream::Stream(std::shared_ptr<Context> context, bool isDefault)
    : context_(std::move(context)), number_(nextNumber.fetch_add(1)), isDefault_(isDefault) {}

std::shared_ptr<Stream> Stream::create(std::shared_ptr<Context> context, bool isDefault) {
    if (!isDefault && context->device.streams.fetch_add(1) >= kStreamLimit) {
        context->device.streams.fetch_sub(1);
        return nullptr;
    }
    if (!isDefault) count(stats().liveStreams);
    return std::shared_ptr<Stream>(new Stream(std::move(context), isDefault));
}

Stream::~Stream() {
    finish(true);
}

std::shared_ptr<Capture> Stream::currentCapture() {
    std::lock_guard lock(mutex);
    return capture;
}

aclError Stream::submit(TaskPointer task) {
    if (const aclError stop = context_->stopped.load(); stop != ACL_SUCCESS) {
        return fail(stop,
                    "%s was refused: a task failed and the stream's failure mode is STOP; reset the device.",
                    task->name);
    }
    if (device().lost()) {
        return fail(ACL_ERROR_RT_LOST_HEARTBEAT, "%s was refused: device %d is lost; reset it.", task->name,
                    device().id);
    }
    {
        std::lock_guard lock(mutex);
        if (capture) return capture->record(*this, std::move(task));
        if (update) return update->add(std::move(task));
    }
    if (isDefault_ && context_->captures.load() > 0) {
        return fail(
            ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT,
            "%s on the default stream while a stream of the context is capturing: use an explicit stream.",
            task->name);
    }
    return enqueue(std::move(task));
}

aclError Stream::enqueue(TaskPointer task) {
    const aclError injected = task->isOperator() ? takeKernelFault(*task) : ACL_SUCCESS;
    const bool check = checked();
    // Asked for before the lock: a view of many pieces takes a while.
    Accesses accesses = check ? task->accesses() : Accesses{};
    std::unique_lock lock(queueMutex_);
    if (ending_) return misuse(9, "%s on a stream that was destroyed.", task->name);
    const uint64_t tick = submitted_.load(std::memory_order_relaxed) + 1;
    if (check) {
        if (const Conflict conflict = hazards().admit(number_, tick, accesses, task->name)) {
            const bool isOperator = task->isOperator();
            return misuseAs(isOperator ? ACLNN_ERR_RUNTIME_ERROR : misuseRule(27).code, 27,
                            "%s: record an event there and make this stream wait for it.",
                            conflict.description.c_str());
        }
        watchHostAccesses(number_, tick, accesses);
    }
    count(stats().launches);
    incoming_.push_back({std::move(task), injected});
    submitted_.store(tick);
    if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
    const bool sleeping = sleeping_;
    lock.unlock();
    if (sleeping) wake_.notify_one();
    return ACL_SUCCESS;
}

void Stream::work() {
    ThreadPool::bind(&device().pool);
    std::vector<Entry> batch;
    uint64_t taken = 0;
    for (;;) {
        spinUntil(kWorkerSpin, [&] { return submitted_.load() != taken; });
        {
            std::unique_lock lock(queueMutex_);
            sleeping_ = true;
            wake_.wait(lock, [&] { return !incoming_.empty() || ending_; });
            sleeping_ = false;
            if (incoming_.empty()) return;
            batch.swap(incoming_);
        }
        for (Entry& entry : batch) {
            const uint64_t tick = ++taken;
            if (tick > dropUpTo_.load() || entry.task->isControl()) execute(entry);
            entry.task.reset();
            completed_.store(tick);
            if (waiters_.load() > 0) {
                std::lock_guard lock(doneMutex_);
                done_.notify_all();
            }
        }
        batch.clear();
    }
}

void Stream::execute(const Entry& entry) {
    const Task& task = *entry.task;
    delaySlowStream();
    if (!task.isControl() && (device().lost() || context_->stopped.load() != ACL_SUCCESS)) return;
    aclError code = entry.injected;
    if (code == ACL_SUCCESS) {
        try {
            code = task.run(*this);
        } catch (...) {
            code = task.exceptionCode();
        }
    }
    if (code != ACL_SUCCESS) reportFault(code);
}

void Stream::reportFault(aclError code) {
    device().setError(code);
    if (stopOnFailure.load()) context_->stopped.store(code);
    callExceptionCallback(*this, completed_.load() + 1, code);
}

bool Stream::waitUntilIdle(int64_t timeoutMs) {
    const uint64_t tick = submitted_.load();
    const auto over = [&] { return completed_.load() >= tick; };
    if (spinUntil(kWaiterSpin, over)) return true;
    waiters_.fetch_add(1);
    bool finished = true;
    {
        std::unique_lock lock(doneMutex_);
        if (timeoutMs < 0) {
            done_.wait(lock, over);
        } else {
            finished = done_.wait_for(lock, std::chrono::milliseconds(timeoutMs), over);
        }
    }
    waiters_.fetch_sub(1);
    return finished;
}

void Stream::abandonPending() {
    dropUpTo_.store(submitted_.load());
    abandoned_.store(true);
    waitUntilIdle(-1);
    abandoned_.store(false);
}

void Stream::finish(bool drop) {
    if (drop) {
        dropUpTo_.store(submitted_.load());
        abandoned_.store(true);
    }
    {
        std::lock_guard lock(queueMutex_);
        if (ending_) return;
        ending_ = true;
    }
    wake_.notify_one();
    if (worker_.joinable()) worker_.join();
    if (checked()) {
        observe();
        hazards().drop(number_);
    }
    if (!isDefault_) {
        uncount(stats().liveStreams);
        device().streams.fetch_sub(1);
    }
}

aclError Stream::observe() {
    if (!checked()) return ACL_SUCCESS;
    const Clock clock = hazards().clockOf(number_);
    hazards().observe(clock);
    return releaseHostWatches(clock);
}

aclError Stream::error() const {
    if (const aclError stop = context_->stopped.load(); stop != ACL_SUCCESS) return stop;
    return device().error();
}

std::shared_ptr<Stream> requireAnyStream(const char* function, aclrtStream handle, aclError& code) {
    if (handle == nullptr) {
        const auto context = requireContext(function, code);
        return context ? context->defaultStream() : nullptr;
    }
    code = requireInitialized(function);
    if (code != ACL_SUCCESS) return nullptr;
    auto stream = streams().find(handle);
    if (!stream)
        code =
            misuse(9, "%s: the stream %p is not alive: it was destroyed or never created.", function, handle);
    return stream;
}

std::shared_ptr<Stream> requireStream(const char* function, aclrtStream handle, aclError& code) {
    const auto context = requireContext(function, code);
    if (!context) return nullptr;
    auto stream = requireAnyStream(function, handle, code);
    if (stream && &stream->context() != context.get()) {
        code = misuse(
            6, "%s: the stream belongs to another context than the thread's: make its context current.",
            function);
        return nullptr;
    }
    return stream;
}

}  // namespace hostacl
