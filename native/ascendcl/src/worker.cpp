#include "worker.h"

#include <pthread.h>

#include <exception>
#include <future>
#include <memory>

namespace ascendcl {

Worker::Worker(const std::string& name) : thread_([this] { loop(); }) {
    pthread_setname_np(thread_.native_handle(), name.substr(0, 15).c_str());
}

Worker::~Worker() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Worker::post(std::function<void()> task) {
    {
        std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void Worker::runAndWait(const std::function<void()>& task) {
    if (std::this_thread::get_id() == thread_.get_id()) return task();
    const auto done = std::make_shared<std::promise<void>>();
    post([&task, done] {
        try {
            task();
            done->set_value();
        } catch (...) {
            done->set_exception(std::current_exception());
        }
    });
    done->get_future().get();
}

void Worker::loop() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        std::function<void()> task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

Worker& reaper() {
    static Worker& only = *new Worker("acl-process");
    return only;
}

}  // namespace ascendcl
