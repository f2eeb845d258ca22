// Libraries, operators and what libhostacl adds.
#include "bindings.h"
#include "environment.h"
#include "operator_table.h"
#include "runtime.h"

namespace ascendcl {
namespace {

std::vector<std::string> stringsFrom(const Napi::Value& value) {
    const Napi::Array array = value.As<Napi::Array>();
    std::vector<std::string> strings;
    for (uint32_t i = 0; i < array.Length(); i++) strings.push_back(array.Get(i).ToString().Utf8Value());
    return strings;
}

Napi::Array arrayFrom(Napi::Env env, const std::vector<std::string>& strings) {
    Napi::Array array = Napi::Array::New(env, strings.size());
    for (size_t i = 0; i < strings.size(); i++) array.Set(static_cast<uint32_t>(i), strings[i]);
    return array;
}

Napi::Value factsObject(Napi::Env env, const RuntimeFacts& facts) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("host", facts.host);
    object.Set("soc", facts.soc);
    object.Set("devices", facts.devices);
    object.Set("aclVersion", env.Null());
    if (facts.aclVersion) {
        Napi::Array version = Napi::Array::New(env, 3);
        for (uint32_t i = 0; i < 3; i++) version.Set(i, (*facts.aclVersion)[i]);
        object.Set("aclVersion", version);
    }
    object.Set("cannVersion",
               facts.cannVersion ? Napi::Value(Napi::String::New(env, *facts.cannVersion)) : env.Null());
    object.Set("libraries", arrayFrom(env, facts.libraries));
    return object;
}

}  // namespace

Napi::Value open(const Napi::CallbackInfo& info) {
    return Environment::of(info.Env())
        .promise([runtime = stringsFrom(info[0]), operators = stringsFrom(info[1])](Completion completion) {
            reaper().post([=] {
                completion.settleWith([&]() -> Result {
                    const RuntimeFacts facts = openRuntime(runtime, operators);
                    return [facts](Napi::Env env) { return factsObject(env, facts); };
                });
            });
        });
}

Napi::Value operatorNames(const Napi::CallbackInfo& info) {
    std::vector<std::string> names;
    for (const Operator& entry : operatorTable()) names.emplace_back(entry.name);
    return arrayFrom(info.Env(), names);
}

Napi::Value hasOperator(const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), hasOperator(info[0].ToString().Utf8Value()));
}

Napi::Value shutdown(const Napi::CallbackInfo& info) {
    Environment::of(info.Env()).shutdown(info[0].ToBoolean());
    return info.Env().Undefined();
}

Napi::Value hostStats(const Napi::CallbackInfo& info) {
    if (!api().host()) return info.Env().Null();
    hostaclStats stats{};
    api().hostGetStats(&stats);
    Napi::Object object = Napi::Object::New(info.Env());
#define STAT(name) object.Set(#name, static_cast<double>(stats.name))
    STAT(liveDeviceBytes);
    STAT(peakDeviceBytes);
    STAT(liveHostBytes);
    STAT(registeredBytes);
    STAT(mallocs);
    STAT(frees);
    STAT(synchronizes);
    STAT(phase1Calls);
    STAT(launches);
    STAT(replays);
    STAT(misuses);
    STAT(liveContexts);
    STAT(liveStreams);
    STAT(liveEvents);
    STAT(liveAllocations);
    STAT(liveTensors);
    STAT(liveScalars);
    STAT(liveArrays);
    STAT(liveLists);
    STAT(liveExecutors);
    STAT(liveModels);
#undef STAT
    return object;
}

Napi::Value hostInjectFault(const Napi::CallbackInfo& info) {
    const int code = api().host() ? api().hostInjectFault(info[0].ToNumber(), info[1].ToNumber().Int64Value())
                                  : static_cast<int>(ACL_ERROR_API_NOT_SUPPORT);
    if (code != 0) throw Napi::Error::New(info.Env(), "hostaclInjectFault answered " + std::to_string(code));
    return info.Env().Undefined();
}

Napi::Value hostIsa(const Napi::CallbackInfo& info) {
    if (!api().host()) return info.Env().Null();
    if (info[0].IsString()) {
        const std::string name = info[0].ToString().Utf8Value();
        const int code = api().hostSetIsa(name.c_str());
        if (code != 0) throw Napi::Error::New(info.Env(), "this machine has no " + name + " kernels");
    }
    return Napi::String::New(info.Env(), api().hostGetIsa());
}

Napi::Value hostMisuse(const Napi::CallbackInfo& info) {
    const char* text = api().host() ? api().hostLastMisuse() : nullptr;
    if (text == nullptr) return info.Env().Null();
    const Napi::Value value = Napi::String::New(info.Env(), text);
    api().hostClearMisuse();
    return value;
}

}  // namespace ascendcl
