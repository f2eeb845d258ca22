#include "staging.h"

#include <algorithm>
#include <bit>

namespace ascendcl {
namespace {

constexpr size_t kSmallestBlock = size_t{64} << 10;
/** Larger blocks are freed after use: loading must not leave its staging behind. */
constexpr size_t kLargestSpare = size_t{16} << 20;
constexpr size_t kMostSpares = 8;

}  // namespace

std::shared_ptr<PinnedMemory> StagingPool::take(size_t bytes) {
    if (bytes == 0) return nullptr;
    auto best = spare_.end();
    for (auto block = spare_.begin(); block != spare_.end(); ++block) {
        if ((*block)->bytes() < bytes) continue;
        if (best == spare_.end() || (*block)->bytes() < (*best)->bytes()) best = block;
    }
    if (best == spare_.end()) {
        const size_t rounded = bytes > kLargestSpare ? bytes : std::bit_ceil(std::max(bytes, kSmallestBlock));
        return PinnedMemory::allocate(device_, rounded);
    }
    std::shared_ptr<PinnedMemory> block = std::move(*best);
    spare_.erase(best);
    return block;
}

void StagingPool::giveBack(std::shared_ptr<PinnedMemory> block) {
    if (block == nullptr || block->bytes() > kLargestSpare || spare_.size() >= kMostSpares) return;
    spare_.push_back(std::move(block));
}

}  // namespace ascendcl
