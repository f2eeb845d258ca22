#include "submission.h"

namespace ascendcl {
namespace {

/** A device range of a contiguous tensor. */
std::span<std::byte> deviceRange(const Run& run, const TensorSpec& spec) {
    const Buffer& buffer = *run.bindings.buffers[spec.buffer];
    const size_t start = static_cast<size_t>(bytesOf(spec.dtype, spec.offset));
    const size_t bytes = static_cast<size_t>(bytesOf(spec.dtype, spec.elements()));
    if (start + bytes > buffer.bytes()) {
        throw Failure{kBadProgram, "aclrtMemcpyAsync", -1, {}, "the tensor leaves its buffer"};
    }
    return {buffer.address() + start, bytes};
}

class Submitter {
  public:
    Submitter(Run& run, const Target& target, const OperatorHook& hook)
        : run_(run), target_(target), hook_(hook) {}

    void submitAll() {
        const Program& program = *run_.program;
        for (size_t i = 0; i < program.steps.size(); i++) {
            if (run_.cancelled.load(std::memory_order_relaxed)) return;
            try {
                submit(i, program.steps[i]);
            } catch (Failure& failure) {
                failure.step = static_cast<int>(i);
                failure.tensors = program.tensorTexts(program.steps[i]);
                throw;
            }
        }
    }

  private:
    void submit(size_t index, const Step& step) {
        switch (step.operation) {
            case kUpload:
                return upload(step);
            case kDownload:
                return download(step);
            case kRecord:
                return eventOf(step).record(run_.eventNumbers[nextEvent_++], target_.stream);
            case kWait: {
                Event& event = eventOf(step);
                return event.wait(run_.eventNumbers[nextEvent_++], target_.stream,
                                  [&] { return run_.cancelled.load() || event.device()->resetting(); });
            }
            default:
                break;
        }
        const auto call = [&] {
            run_.keep(submitOperator(*run_.program, step, run_.bindings, *target_.workspace, target_.stream));
        };
        if (hook_)
            hook_(index, call);
        else
            call();
    }

    void upload(const Step& step) {
        const size_t slot = static_cast<size_t>(run_.program->argument(step, 0).integer);
        const std::span<std::byte> to = deviceRange(run_, tensorOf(step));
        if (to.empty()) return;
        requireSize(run_.uploads[slot].size(), to.size());
        ACL_CALL(aclrtMemcpyAsync, to.data(), to.size(), target_.staging + target_.layout->uploads[slot],
                 to.size(), ACL_MEMCPY_HOST_TO_DEVICE, target_.stream);
    }

    void download(const Step& step) {
        const size_t slot = static_cast<size_t>(run_.program->argument(step, 0).integer);
        const std::span<std::byte> from = deviceRange(run_, tensorOf(step));
        if (from.empty()) return;
        requireSize(run_.downloads[slot].size(), from.size());
        ACL_CALL(aclrtMemcpyAsync, target_.staging + target_.layout->downloads[slot], from.size(),
                 from.data(), from.size(), ACL_MEMCPY_DEVICE_TO_HOST, target_.stream);
    }

    static void requireSize(size_t given, size_t wanted) {
        if (given == wanted) return;
        throw Failure{
            kBadProgram,
            "aclrtMemcpyAsync",
            -1,
            {},
            "the tensor has " + std::to_string(wanted) + " bytes, the host array " + std::to_string(given)};
    }

    const TensorSpec& tensorOf(const Step& step) const {
        return run_.program->tensors[run_.program->argument(step, 1).range.first];
    }

    Event& eventOf(const Step& step) {
        return *run_.events[static_cast<size_t>(run_.program->argument(step, 0).integer)];
    }

    Run& run_;
    const Target& target_;
    const OperatorHook& hook_;
    size_t nextEvent_ = 0;
};

}  // namespace

void submitSteps(Run& run, const Target& target, const OperatorHook& hook) {
    Submitter(run, target, hook).submitAll();
}

}  // namespace ascendcl
