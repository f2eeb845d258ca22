#include <cpuid.h>

#include "avx512.h"

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace hostacl::kernels::amx {

bool available() {
#ifdef __linux__
    static const bool granted = [] {
        unsigned eax, ebx, ecx, edx;
        if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
        constexpr unsigned kBf16AndTile = 1u << 22 | 1u << 24;
        if ((edx & kBf16AndTile) != kBf16AndTile) return false;
        constexpr long kRequestPermission = 0x1023,
                       kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
        return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
    }();
    return granted;
#else
    return false;
#endif
}

}  // namespace hostacl::kernels::amx
