// Capture of streams into a model instance (aclGraph) and its replay.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "acl_abi.h"
#include "runtime/event.h"
#include "runtime/handles.h"
#include "runtime/hazards.h"
#include "runtime/task.h"

namespace hostacl {

class Device;
class Stream;

/** Tasks of one capture that can be replaced later (aclmdlRICaptureTaskUpdate*). */
struct TaskGroup {
    std::weak_ptr<class Model> model;
    std::vector<size_t> nodes;
    std::atomic<bool> updating{false};
};

/**
 * A captured model instance: tasks in the order of their recording, which respects every dependency between
 * the captured streams; a replay runs them one after the other on the stream it was given.
 */
class Model {
  public:
    explicit Model(Device& device) : device(device) {}

    Device& device;
    std::atomic<bool> capturing{true};
    std::atomic<int> running{0};   // replays submitted and not over
    std::atomic<int> updating{0};  // task-group updates begun and not over

    size_t add(TaskPointer task);
    size_t size() const;
    TaskPointer node(size_t index) const;
    void replace(size_t index, TaskPointer task);
    Accesses accesses() const;

    std::vector<std::shared_ptr<TaskGroup>> groups;  // written during capture only

  private:
    mutable std::mutex mutex_;
    std::vector<TaskPointer> nodes_;
};

/** A capture in progress. */
class Capture : public std::enable_shared_from_this<Capture> {
  public:
    Capture(Stream& origin, aclmdlRICaptureMode mode);

    const std::shared_ptr<Model> model;
    const aclmdlRICaptureMode mode;
    const std::thread::id thread;
    const uint64_t origin;  // the number of the stream that began it
    void* handle = nullptr;

    bool invalid() const { return invalid_.load(); }
    void invalidate() { invalid_.store(true); }

    /** Records a task of one of the capture's streams in place of running it. */
    aclError record(Stream& stream, TaskPointer task);
    /** Makes `record` a mark inside the capture. */
    void recordEvent(Stream& stream, EventRecord& record);
    /** The stream's later tasks come after `record`; a stream from outside joins the capture. */
    void join(Stream& stream, const EventRecord& record);
    /** True when every joined stream's last task is ordered before the end of the first stream. */
    bool allJoinedBack();

    aclError beginGroup(Stream& stream);
    aclError endGroup(Stream& stream, std::shared_ptr<TaskGroup>& group);
    bool groupOpen();

    /** Numbers of the streams that take part, and their latest positions. */
    std::vector<uint64_t> members();

  private:
    std::mutex mutex_;
    std::atomic<bool> invalid_{false};
    Hazards order_;
    std::unordered_map<uint64_t, uint64_t> ticks_;  // by stream
    std::shared_ptr<TaskGroup> openGroup_;
    uint64_t groupStream_ = 0;
};

HandleTable<Model>& models();
HandleTable<TaskGroup>& taskGroups();

/** aclrtStreamWaitEvent when the stream captures or the record was captured. `own` is the stream's capture or
 * null. */
aclError joinCapture(Stream& stream, const std::shared_ptr<Capture>& own, const Event& event,
                     const std::shared_ptr<EventRecord>& record);

/** 107030 when a capture in progress forbids synchronous memory calls on this thread, else 0. */
aclError refuseUnsafeCall(const char* function);

/** Adds a capture to, or takes it from, those that `refuseUnsafeCall` looks at. */
void enterCapture(const std::shared_ptr<Capture>& capture);
void leaveCapture(const std::shared_ptr<Capture>& capture);

}  // namespace hostacl
