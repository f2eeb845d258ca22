// Programs, runs and graphs.
#include "bindings.h"
#include "environment.h"

namespace ascendcl {
namespace {

using ProgramPointer = std::shared_ptr<const Program>;

std::vector<std::span<std::byte>> spansFrom(const Napi::Value& value) {
    const Napi::Array arrays = value.As<Napi::Array>();
    std::vector<std::span<std::byte>> spans(arrays.Length());
    for (uint32_t i = 0; i < arrays.Length(); i++) {
        Napi::Uint8Array array = arrays.Get(i).As<Napi::Uint8Array>();
        spans[i] = std::as_writable_bytes(std::span(array.Data(), array.ByteLength()));
    }
    return spans;
}

std::vector<std::vector<int64_t>> lengthsFrom(const Napi::Value& value) {
    const Napi::Array arrays = value.As<Napi::Array>();
    std::vector<std::vector<int64_t>> lengths(arrays.Length());
    for (uint32_t i = 0; i < arrays.Length(); i++) {
        const Napi::Float64Array array = arrays.Get(i).As<Napi::Float64Array>();
        lengths[i].assign(array.Data(), array.Data() + array.ElementLength());
    }
    return lengths;
}

template <class Object>
std::vector<std::shared_ptr<Object>> objectsFrom(const Napi::Value& value, const Table<Object>& table,
                                                 const Device& device) {
    const Napi::Uint32Array ids = value.As<Napi::Uint32Array>();
    std::vector<std::shared_ptr<Object>> objects;
    objects.reserve(ids.ElementLength());
    for (size_t i = 0; i < ids.ElementLength(); i++) {
        objects.push_back(table.at(ids[i]));
        if (objects.back()->device().get() == &device) continue;
        throw Failure{kBadHandle, "run", -1, {}, "memory and stream belong to different devices"};
    }
    return objects;
}

/** Numbers the records, and gives each wait the record that it waits for. Runs are issued in JavaScript's
 * order. */
void numberEvents(Run& run) {
    if (run.events.empty()) return;
    for (const Step& step : run.program->steps) {
        if (step.operation != kRecord && step.operation != kWait) continue;
        Event& event = *run.events[static_cast<size_t>(run.program->argument(step, 0).integer)];
        run.eventNumbers.push_back(step.operation == kRecord ? event.issueRecord() : event.latestIssued());
    }
}

void requireSlots(const Run& run) {
    const Program& program = *run.program;
    const bool complete = run.bindings.buffers.size() >= program.buffers &&
                          run.events.size() >= program.events && run.uploads.size() >= program.uploads &&
                          run.downloads.size() >= program.downloads &&
                          run.bindings.lengths.size() >= program.lengths;
    if (!complete)
        throw Failure{kBadProgram, "run", -1, {}, "fewer buffers, events or arrays than the program uses"};
}

Napi::Value reportObject(Napi::Env env, const Report& report) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("queueUs", report.queueUs);
    object.Set("submitUs", report.submitUs);
    object.Set("runUs", report.runUs);
    return object;
}

/** Settles with a report, or with the number of a captured graph. */
std::function<void(const Outcome&)> settler(const Completion& completion) {
    return [completion](const Outcome& outcome) {
        if (outcome.failure != nullptr) return completion.reject(*outcome.failure);
        if (outcome.graph == nullptr) {
            return completion.resolve(
                [report = outcome.report](Napi::Env env) { return reportObject(env, report); });
        }
        completion.resolve([graph = outcome.graph](Napi::Env env) {
            return Napi::Number::New(env, Environment::of(env).graphs.add(graph));
        });
    };
}

/** stream, program, buffers, events, uploads, downloads, lengths, then a ticket for runs. */
Napi::Value issueProgram(const Napi::CallbackInfo& info, RunKind kind) {
    Environment& environment = Environment::of(info.Env());
    const auto start = [&](Completion completion) {
        const std::shared_ptr<Stream>& stream =
            environment.streams.at(info[0].As<Napi::Number>().Uint32Value());
        auto run = std::make_shared<Run>();
        run->kind = kind;
        run->program = *info[1].As<Napi::External<ProgramPointer>>().Data();
        run->bindings.buffers = objectsFrom(info[2], environment.buffers, *stream->device());
        run->events = objectsFrom(info[3], environment.events, *stream->device());
        run->uploads = spansFrom(info[4]);
        run->downloads = spansFrom(info[5]);
        run->bindings.lengths = lengthsFrom(info[6]);
        if (kind == RunKind::kProgram)
            run->ticket = static_cast<uint64_t>(info[7].As<Napi::Number>().Int64Value());
        requireSlots(*run);
        numberEvents(*run);
        run->settle = settler(completion);
        stream->issue(std::move(run));
    };
    return environment.promise(start, {info[4].As<Napi::Object>(), info[5].As<Napi::Object>()});
}

}  // namespace

Napi::Value programCreate(const Napi::CallbackInfo& info) {
    const Napi::Float64Array words = info[0].As<Napi::Float64Array>();
    try {
        auto* program = new ProgramPointer(
            std::make_shared<const Program>(decodeProgram(words.Data(), words.ElementLength())));
        return Napi::External<ProgramPointer>::New(info.Env(), program,
                                                   [](Napi::Env, ProgramPointer* gone) { delete gone; });
    } catch (const Failure& failure) {
        throw Napi::Error::New(info.Env(),
                               "step " + std::to_string(failure.step) + " of the program: " + failure.detail);
    }
}

Napi::Value run(const Napi::CallbackInfo& info) {
    return issueProgram(info, RunKind::kProgram);
}

Napi::Value runCancel(const Napi::CallbackInfo& info) {
    const auto& streams = Environment::of(info.Env()).streams.all();
    const auto found = streams.find(info[0].As<Napi::Number>().Uint32Value());
    if (found != streams.end()) {
        found->second->cancel(static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value()));
    }
    return info.Env().Undefined();
}

Napi::Value graphCapture(const Napi::CallbackInfo& info) {
    return issueProgram(info, RunKind::kCapture);
}

/** stream, graph, uploads, downloads, lengths, ticket */
Napi::Value graphReplay(const Napi::CallbackInfo& info) {
    Environment& environment = Environment::of(info.Env());
    const auto start = [&](Completion completion) {
        const std::shared_ptr<Stream>& stream =
            environment.streams.at(info[0].As<Napi::Number>().Uint32Value());
        auto run = std::make_shared<Run>();
        run->kind = RunKind::kReplay;
        run->graph = environment.graphs.at(info[1].As<Napi::Number>().Uint32Value());
        run->uploads = spansFrom(info[2]);
        run->downloads = spansFrom(info[3]);
        run->bindings.lengths = lengthsFrom(info[4]);
        run->ticket = static_cast<uint64_t>(info[5].As<Napi::Number>().Int64Value());
        run->settle = settler(completion);
        stream->issue(std::move(run));
    };
    return environment.promise(start, {info[2].As<Napi::Object>(), info[3].As<Napi::Object>()});
}

}  // namespace ascendcl
