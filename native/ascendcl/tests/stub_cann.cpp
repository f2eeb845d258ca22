// What CANN's devlib folder holds: libraries for linking only, whose every call answers 100039. The loader
// must refuse them with a sentence; packages/device/src/open-backend.test.ts installs this one in a folder
// that looks like CANN.
#include <type_traits>

#include "acl_abi.h"

namespace {

template <class Answer>
Answer stubAnswer() {
    if constexpr (std::is_same_v<Answer, int>)
        return ACL_ERROR_COMPILING_STUB_MODE;
    else
        return {};
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))
#define STUB(ret, name, params)   \
    EXPORTED ret name params {    \
        return stubAnswer<ret>(); \
    }
ACL_FUNCTIONS(STUB)
