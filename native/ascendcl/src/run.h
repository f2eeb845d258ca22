// One run of a program: what JavaScript issued, its progress on the device, and how it ends.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "event.h"
#include "operator_call.h"
#include "program.h"

namespace ascendcl {

class Graph;
using Clock = std::chrono::steady_clock;

/** Microseconds; `NativeReport` in native.ts. */
struct Report {
    double queueUs = 0;
    double submitUs = 0;
    double runUs = 0;
};

/** How a run ended: `failure` is null when it went well. */
struct Outcome {
    const Failure* failure = nullptr;
    Report report;
    std::shared_ptr<Graph> graph;  // made by a capture
};

/** Where a transfer's bytes lie in the staging memory. */
struct StagingLayout {
    std::vector<size_t> uploads;
    std::vector<size_t> downloads;
    size_t bytes = 0;
};

enum class RunKind { kProgram, kCapture, kReplay };

struct Run {
    RunKind kind = RunKind::kProgram;
    uint64_t ticket = 0;
    std::shared_ptr<const Program> program;
    Bindings bindings;
    std::vector<std::shared_ptr<Event>> events;
    /** One number for each record and wait step, in program order. */
    std::vector<uint64_t> eventNumbers;
    /** JavaScript's memory, valid until `settle` was called. */
    std::vector<std::span<std::byte>> uploads;
    std::vector<std::span<std::byte>> downloads;
    /** The graph of a replay. */
    std::shared_ptr<Graph> graph;
    /** Called exactly once, on the stream's thread or the JavaScript thread. */
    std::function<void(const Outcome&)> settle;

    std::atomic<bool> cancelled{false};
    Clock::time_point issued = Clock::now();
    Clock::time_point started;
    Clock::time_point submitted;

    /** What the device uses until the run has finished. A replay uses its graph's instead. */
    StagingLayout layout;
    std::shared_ptr<PinnedMemory> staging;
    std::vector<std::shared_ptr<Buffer>> workspaces;
    aclrtEvent finished = nullptr;

    /** Keeps a workspace until the run has finished. */
    void keep(std::shared_ptr<Buffer> workspace);
    /** Tells waiters on other streams that records of this run may never come. */
    void abandonRecords();
};

/** Places for all transfers of a run, each 64-byte aligned. */
StagingLayout stagingLayout(const std::vector<std::span<std::byte>>& uploads,
                            const std::vector<std::span<std::byte>>& downloads);

/** Copies the run's uploads into staging memory. */
void stageUploads(const Run& run, const StagingLayout& layout, std::byte* staging);
/** Copies what arrived in staging memory to the run's downloads. */
void collectDownloads(const Run& run, const StagingLayout& layout, const std::byte* staging);

}  // namespace ascendcl
