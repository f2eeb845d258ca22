#include "run.h"

#include <cstring>

namespace ascendcl {
namespace {

size_t place(size_t& end, size_t bytes) {
    constexpr size_t kAlignment = 64;
    const size_t start = end;
    end += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    return start;
}

}  // namespace

void Run::keep(std::shared_ptr<Buffer> workspace) {
    if (workspace == nullptr || (!workspaces.empty() && workspaces.back() == workspace)) return;
    workspaces.push_back(std::move(workspace));
}

void Run::abandonRecords() {
    if (eventNumbers.empty()) return;
    size_t number = 0;
    for (const Step& step : program->steps) {
        if (step.operation != kRecord && step.operation != kWait) continue;
        const size_t slot = static_cast<size_t>(program->argument(step, 0).integer);
        if (step.operation == kRecord) events[slot]->abandon(eventNumbers[number]);
        number++;
    }
}

StagingLayout stagingLayout(const std::vector<std::span<std::byte>>& uploads,
                            const std::vector<std::span<std::byte>>& downloads) {
    StagingLayout layout;
    for (const auto& bytes : uploads) layout.uploads.push_back(place(layout.bytes, bytes.size()));
    for (const auto& bytes : downloads) layout.downloads.push_back(place(layout.bytes, bytes.size()));
    return layout;
}

void stageUploads(const Run& run, const StagingLayout& layout, std::byte* staging) {
    for (size_t i = 0; i < run.uploads.size(); i++) {
        if (run.uploads[i].empty()) continue;
        std::memcpy(staging + layout.uploads[i], run.uploads[i].data(), run.uploads[i].size());
    }
}

void collectDownloads(const Run& run, const StagingLayout& layout, const std::byte* staging) {
    for (size_t i = 0; i < run.downloads.size(); i++) {
        if (run.downloads[i].empty()) continue;
        std::memcpy(run.downloads[i].data(), staging + layout.downloads[i], run.downloads[i].size());
    }
}

}  // namespace ascendcl
