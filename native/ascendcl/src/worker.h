// A thread that runs tasks in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace ascendcl {

class Worker {
  public:
    explicit Worker(const std::string& name);
    /** Runs what is queued and joins. */
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /** Queues a task; it must not throw. */
    void post(std::function<void()> task);
    /** Runs a task on the worker and waits for it. From the worker's own thread it runs at once. */
    void runAndWait(const std::function<void()>& task);

  private:
    void loop();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;
    bool ending_ = false;
    std::thread thread_;
};

/** The process's thread for waiting on other threads' ends, and for opening libraries. Never joined. */
Worker& reaper();

}  // namespace ascendcl
