// The tasks that events put on streams.
#pragma once

#include "runtime/event.h"
#include "runtime/stream.h"
#include "runtime/task.h"

namespace hostacl {

/** Control tasks run on a stopped stream too, so that nobody waits forever. */
class ControlTask : public Task {
  public:
    using Task::Task;
    bool isControl() const override { return true; }
};

class RecordTask : public ControlTask {
  public:
    explicit RecordTask(std::shared_ptr<EventRecord> record)
        : ControlTask("aclrtRecordEvent"), record_(std::move(record)) {}
    aclError run(Stream&) const override {
        record_->happen();
        return ACL_SUCCESS;
    }

  private:
    const std::shared_ptr<EventRecord> record_;
};

class WaitTask : public ControlTask {
  public:
    WaitTask(std::shared_ptr<Event> event, std::shared_ptr<EventRecord> record, int64_t timeoutMs)
        : ControlTask("aclrtStreamWaitEvent"),
          event_(std::move(event)),
          record_(std::move(record)),
          timeoutMs_(timeoutMs) {}
    aclError run(Stream& stream) const override {
        const bool happened = record_->wait(timeoutMs_, &stream);
        event_->openWaits.fetch_sub(1);
        return happened || stream.abandoned() ? ACL_SUCCESS : ACL_ERROR_RT_TASK_TIMEOUT;
    }

  private:
    const std::shared_ptr<Event> event_;
    const std::shared_ptr<EventRecord> record_;
    const int64_t timeoutMs_;
};

/** Sets or clears the flag of an EXTERNAL event; may be part of a captured model. */
class SetFlagTask : public ControlTask {
  public:
    SetFlagTask(std::shared_ptr<Event> event, bool value, std::shared_ptr<EventRecord> record)
        : ControlTask(value ? "aclrtRecordEvent (external)" : "aclrtResetEvent (external)"),
          event_(std::move(event)),
          value_(value),
          record_(std::move(record)) {}
    aclError run(Stream&) const override {
        if (record_ && !record_->done()) record_->happen();
        event_->flag.set(value_);
        return ACL_SUCCESS;
    }

  private:
    const std::shared_ptr<Event> event_;
    const bool value_;
    const std::shared_ptr<EventRecord> record_;
};

class WaitFlagTask : public ControlTask {
  public:
    WaitFlagTask(std::shared_ptr<Event> event, int64_t timeoutMs)
        : ControlTask("aclrtStreamWaitEvent (external)"), event_(std::move(event)), timeoutMs_(timeoutMs) {}
    aclError run(Stream& stream) const override {
        const bool set = event_->flag.wait(timeoutMs_, &stream);
        return set || stream.abandoned() ? ACL_SUCCESS : ACL_ERROR_RT_TASK_TIMEOUT;
    }

  private:
    const std::shared_ptr<Event> event_;
    const int64_t timeoutMs_;
};

}  // namespace hostacl
