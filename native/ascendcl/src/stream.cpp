#include "stream.h"

#include <pthread.h>

#include <future>

#include "submission.h"

namespace ascendcl {
namespace {

/** Runs submitted and not finished; more would only hold memory. */
constexpr size_t kMaxInFlight = 4;
/**
 * How long one wait for the device lasts before the thread looks whether the device is to be reset. Not
 * shorter: CANN logs an error for each wait that times out.
 */
constexpr int32_t kWaitSliceMs = 500;
/** How long a reset waits for the work of a stream. */
constexpr int32_t kLastWaitMs = 5000;

double microseconds(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::micro>(to - from).count();
}

Failure closedFailure() {
    return {kStreamClosed, "aclrtDestroyStream", -1, {}, "the stream was disposed of before this run began"};
}

Failure cancelledFailure() {
    return {kRunCancelled, "run", -1, {}, "cancelled"};
}

Failure resetFailure() {
    return {kDeviceReset, "aclrtResetDeviceForce", -1, {}, "the device was reset; create a new stream"};
}

}  // namespace

Stream::Stream(std::shared_ptr<Device> device)
    : device_(std::move(device)), generation_(device_->generation()) {
    const auto opened = std::make_shared<std::promise<void>>();
    thread_ = std::thread([this, opened] {
        pthread_setname_np(pthread_self(), "acl-stream");
        try {
            std::shared_lock use(device_->inUse());
            ACL_CALL(aclrtSetCurrentContext, device_->context());
            handles_ = std::make_unique<StreamHandles>(device_);
        } catch (...) {
            opened->set_exception(std::current_exception());
            return;
        }
        opened->set_value();
        work();
        handles_.reset();
    });
    try {
        opened->get_future().get();
    } catch (...) {
        thread_.join();
        throw;
    }
}

Stream::~Stream() {
    close(true);
}

void Stream::issue(RunPointer run) {
    {
        std::lock_guard lock(mutex_);
        if (!closing_) {
            queue_.push_back(std::move(run));
            wake_.notify_one();
            return;
        }
    }
    const Failure failure = closedFailure();
    settle(*run, &failure);
}

void Stream::cancel(uint64_t ticket) {
    RunPointer waiting;
    {
        std::lock_guard lock(mutex_);
        if (submitting_ != nullptr && submitting_->ticket == ticket) submitting_->cancelled = true;
        for (auto run = queue_.begin(); run != queue_.end() && waiting == nullptr; ++run) {
            if ((*run)->ticket == ticket) waiting = *run;
        }
        std::erase(queue_, waiting);
    }
    if (waiting == nullptr) return;
    const Failure failure = cancelledFailure();
    settle(*waiting, &failure);
}

void Stream::close(bool drop) {
    std::deque<RunPointer> dropped;
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
        if (drop) dropped.swap(queue_);
        wake_.notify_one();
    }
    const Failure failure = closedFailure();
    for (const RunPointer& run : dropped) settle(*run, &failure);
    if (thread_.joinable()) thread_.join();
}

void Stream::work() {
    // Held while anything is in flight, so that a reset finds the device's memory unused.
    std::shared_lock use(device_->inUse(), std::defer_lock);
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return closing_ || !queue_.empty() || !inFlight_.empty(); });
        const bool more = !queue_.empty() && inFlight_.size() < kMaxInFlight;
        if (!more && inFlight_.empty()) return;  // closing
        if (more) {
            submitting_ = std::move(queue_.front());
            queue_.pop_front();
        }
        const RunPointer run = submitting_;
        lock.unlock();
        if (!use.owns_lock()) use.lock();
        if (run != nullptr)
            begin(run);
        else
            finishOldest();
        if (inFlight_.empty()) use.unlock();
        lock.lock();
        submitting_ = nullptr;
    }
}

void Stream::begin(const RunPointer& run) {
    run->started = Clock::now();
    if (deviceWasReset() || device_->resetting()) {
        const Failure failure = resetFailure();
        return end(run, &failure);
    }
    try {
        submit(run);
    } catch (const Failure& failure) {
        failSubmission(run, failure);
    } catch (const std::exception& error) {
        failSubmission(run, {kHostExhausted, "run", -1, {}, error.what()});
    }
}

void Stream::failSubmission(const RunPointer& run, Failure failure) {
    // What was submitted may still use the run's memory. And a fault of the device, which the wait reports,
    // explains a refused call better than the refusal does.
    const int code = drain();
    if (code != 0 && code != failure.code) {
        failure.code = code;
        failure.function = "aclrtSynchronizeStream";
        failure.detail = recentMessage();
    }
    end(run, &failure);
}

void Stream::submit(const RunPointer& run) {
    for (const auto& buffer : run->bindings.buffers) buffer->requireExists("run");
    for (const auto& event : run->events) event->requireExists("run");
    if (run->kind == RunKind::kCapture) {
        finishAll();
        run->graph = Graph::capture(*run, *handles_);
        return end(run, nullptr);
    }
    if (run->kind == RunKind::kReplay) {
        // Replays of a graph share its staging memory and its lengths.
        finishAll();
        run->graph->replay(*run, *handles_);
    } else {
        run->layout = stagingLayout(run->uploads, run->downloads);
        run->staging = handles_->staging.take(run->layout.bytes);
        std::byte* staging = run->staging == nullptr ? nullptr : run->staging->address();
        if (staging != nullptr) stageUploads(*run, run->layout, staging);
        submitSteps(*run, {handles_->stream, &handles_->workspace, staging, &run->layout});
    }
    run->finished = handles_->takeEvent();
    ACL_CALL(aclrtRecordEvent, run->finished, handles_->stream);
    run->submitted = Clock::now();
    inFlight_.push_back(run);
}

void Stream::finishOldest() {
    if (deviceWasReset()) return failInFlight(resetFailure());
    if (device_->resetting()) {
        // A device that is well finishes its work before its memory goes; one that hangs is not waited for.
        ACL_QUIET(aclrtSynchronizeStreamWithTimeout, handles_->stream, kLastWaitMs);
        return failInFlight(resetFailure());
    }
    const RunPointer run = inFlight_.front();
    int code = api().aclrtSynchronizeEventWithTimeout(run->finished, kWaitSliceMs);
    if (code == ACL_ERROR_RT_EVENT_SYNC_TIMEOUT) {
        recentMessage();
        return;
    }
    // Only a stream's wait is documented to report faults of its kernels.
    if (code == 0 && inFlight_.size() == 1) code = drain();
    if (code != 0) {
        const Failure failure{code, "aclrtSynchronizeStream", -1, {}, recentMessage()};
        drain();
        return failInFlight(failure);
    }
    inFlight_.pop_front();
    if (run->graph != nullptr)
        run->graph->collect(*run);
    else if (run->staging != nullptr)
        collectDownloads(*run, run->layout, run->staging->address());
    end(run, nullptr);
}

void Stream::finishAll() {
    while (!inFlight_.empty()) finishOldest();
}

int Stream::drain() {
    const int code = api().aclrtSynchronizeStream(handles_->stream);
    if (tracing()) traceCall("aclrtSynchronizeStream", code);
    return code;
}

void Stream::failInFlight(const Failure& failure) {
    while (!inFlight_.empty()) {
        const RunPointer run = inFlight_.front();
        inFlight_.pop_front();
        end(run, &failure);
    }
}

void Stream::end(const RunPointer& run, const Failure* failure) {
    handles_->staging.giveBack(std::move(run->staging));
    run->workspaces.clear();
    if (run->finished != nullptr) handles_->giveBackEvent(std::exchange(run->finished, nullptr));
    settle(*run, failure);
}

void Stream::settle(Run& run, const Failure* failure) {
    const Failure cancelled = cancelledFailure();
    if (failure == nullptr && run.cancelled) failure = &cancelled;
    if (failure != nullptr) run.abandonRecords();
    Outcome outcome;
    outcome.failure = failure;
    outcome.graph = run.kind == RunKind::kCapture ? run.graph : nullptr;
    outcome.report.queueUs = microseconds(run.issued, run.started);
    outcome.report.submitUs = microseconds(run.started, run.submitted);
    outcome.report.runUs = microseconds(run.started, Clock::now());
    // Lets go of the memory first: whoever learns of the end may expect it to be free.
    run.bindings.buffers.clear();
    run.events.clear();
    run.graph = nullptr;
    run.settle(outcome);
    run.settle = nullptr;
}

}  // namespace ascendcl
