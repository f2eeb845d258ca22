// The functions of native.ts, in its order.
#pragma once

#include <napi.h>

namespace ascendcl {

Napi::Value open(const Napi::CallbackInfo& info);
Napi::Value operatorNames(const Napi::CallbackInfo& info);
Napi::Value hasOperator(const Napi::CallbackInfo& info);
Napi::Value deviceOpen(const Napi::CallbackInfo& info);
Napi::Value deviceMemory(const Napi::CallbackInfo& info);
Napi::Value deviceReset(const Napi::CallbackInfo& info);
Napi::Value deviceClose(const Napi::CallbackInfo& info);
Napi::Value bufferAllocate(const Napi::CallbackInfo& info);
Napi::Value bufferMap(const Napi::CallbackInfo& info);
Napi::Value bufferRelease(const Napi::CallbackInfo& info);
Napi::Value eventCreate(const Napi::CallbackInfo& info);
Napi::Value eventDestroy(const Napi::CallbackInfo& info);
Napi::Value streamOpen(const Napi::CallbackInfo& info);
Napi::Value streamClose(const Napi::CallbackInfo& info);
Napi::Value programCreate(const Napi::CallbackInfo& info);
Napi::Value run(const Napi::CallbackInfo& info);
Napi::Value runCancel(const Napi::CallbackInfo& info);
Napi::Value graphCapture(const Napi::CallbackInfo& info);
Napi::Value graphReplay(const Napi::CallbackInfo& info);
Napi::Value graphDestroy(const Napi::CallbackInfo& info);
Napi::Value liveObjects(const Napi::CallbackInfo& info);
Napi::Value shutdown(const Napi::CallbackInfo& info);
Napi::Value hostStats(const Napi::CallbackInfo& info);
Napi::Value hostInjectFault(const Napi::CallbackInfo& info);
Napi::Value hostIsa(const Napi::CallbackInfo& info);
Napi::Value hostMisuse(const Napi::CallbackInfo& info);

}  // namespace ascendcl
