#include "api.h"

#include <dlfcn.h>

#include <mutex>

namespace ascendcl {
namespace {

/** Never destroyed: other threads may still call into the libraries while the process exits. */
struct Libraries {
    std::mutex mutex;
    std::vector<std::string> names;
    std::vector<void*> handles;
    Api api;
};

Libraries& libraries() {
    static Libraries& only = *new Libraries;
    return only;
}

template <class Function>
void resolve(Function& field, const char* name) {
    field = reinterpret_cast<Function>(findSymbol(name));
}

void fillTable(Api& table) {
#define API_RESOLVE(ret, name, params) resolve(table.name, #name);
    ACL_FUNCTIONS(API_RESOLVE)
#undef API_RESOLVE
    resolve(table.hostGetStats, "hostaclGetStats");
    resolve(table.hostInjectFault, "hostaclInjectFault");
    resolve(table.hostGetIsa, "hostaclGetIsa");
    resolve(table.hostSetIsa, "hostaclSetIsa");
    resolve(table.hostLastMisuse, "hostaclLastMisuse");
    resolve(table.hostClearMisuse, "hostaclClearMisuse");
}

void closeAll(Libraries& opened) {
    opened.api = Api{};
    for (void* handle : opened.handles) dlclose(handle);
    opened.handles.clear();
    opened.names.clear();
}

}  // namespace

Api& api() {
    return libraries().api;
}

void openLibraries(const std::vector<std::string>& runtime, const std::vector<std::string>& operators) {
    Libraries& opened = libraries();
    std::lock_guard lock(opened.mutex);
    std::vector<std::string> names(runtime);
    names.insert(names.end(), operators.begin(), operators.end());
    if (!opened.names.empty()) {
        if (opened.names == names) return;
        throw Failure{
            kLibraryMissing,
            "dlopen",
            -1,
            {},
            "this process has already opened " + opened.names[0] + "; one AscendCL implementation a process"};
    }
    // CANN's operator libraries expect the runtime's symbols to be visible; a single library needs nobody.
    const int scope = names.size() == 1 ? RTLD_LOCAL : RTLD_GLOBAL;
    for (const std::string& name : names) {
        void* handle = dlopen(name.c_str(), RTLD_NOW | scope);
        if (handle == nullptr) {
            const char* reason = dlerror();
            const std::string detail = reason == nullptr ? name + " cannot be opened" : reason;
            closeAll(opened);
            throw Failure{kLibraryMissing, "dlopen", -1, {}, detail};
        }
        opened.handles.push_back(handle);
    }
    opened.names = names;
    fillTable(opened.api);
    for (const char* needed : {"aclInit", "aclrtSetDevice", "aclrtMalloc", "aclCreateTensor"}) {
        if (findSymbol(needed) != nullptr) continue;
        closeAll(opened);
        throw Failure{kSymbolMissing, needed, -1, {}, "not exported by " + names[0] + " and its companions"};
    }
}

void closeLibraries() {
    Libraries& opened = libraries();
    std::lock_guard lock(opened.mutex);
    closeAll(opened);
}

void* findSymbol(const char* name) {
    for (void* handle : libraries().handles) {
        if (void* symbol = dlsym(handle, name)) return symbol;
    }
    return nullptr;
}

std::vector<std::string> openedFiles() {
    std::vector<std::string> files;
    for (const char* name : {"aclInit", "aclCreateTensor", "aclnnMm", "aclnnRmsNorm", "aclnnSoftmax",
                             "aclnnFusedInferAttentionScoreV2"}) {
        Dl_info info{};
        void* symbol = findSymbol(name);
        if (symbol == nullptr || dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) continue;
        bool known = false;
        for (const std::string& file : files) known = known || file == info.dli_fname;
        if (!known) files.emplace_back(info.dli_fname);
    }
    return files;
}

std::string recentMessage() {
    const char* text = api().aclGetRecentErrMsg == nullptr ? nullptr : api().aclGetRecentErrMsg();
    return text == nullptr ? std::string() : std::string(text);
}

void fail(const char* function, int code) {
    throw Failure{code, function, -1, {}, recentMessage()};
}

void failMissing(const char* function) {
    throw Failure{
        kSymbolMissing, function, -1, {}, "not exported by the opened libraries; a newer CANN is needed"};
}

}  // namespace ascendcl
