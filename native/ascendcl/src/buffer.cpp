#include "buffer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ascendcl {
namespace {

[[noreturn]] void failFile(const char* function, const std::string& path, const std::string& reason) {
    throw Failure{kFileUnreadable, function, -1, {}, path + ": " + reason};
}

/** Closes on leaving; a mapping outlives its descriptor. */
struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) close(number);
    }
};

struct FileMapping {
    void* start;
    size_t bytes;
};

FileMapping mapReadOnly(const std::string& path) {
    const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.number < 0) failFile("open", path, std::strerror(errno));
    struct stat status{};
    if (fstat(file.number, &status) != 0) failFile("fstat", path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) failFile("fstat", path, "not a regular file");
    if (status.st_size == 0) failFile("fstat", path, "the file is empty");
    const size_t bytes = static_cast<size_t>(status.st_size);
    void* start = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file.number, 0);
    if (start == MAP_FAILED) failFile("mmap", path, std::strerror(errno));
    madvise(start, bytes, MADV_WILLNEED);
    return {start, bytes};
}

}  // namespace

std::shared_ptr<Buffer> Buffer::allocate(const std::shared_ptr<Device>& device, size_t bytes) {
    void* address = nullptr;
    ACL_CALL(aclrtMalloc, &address, bytes, ACL_MEM_MALLOC_HUGE_FIRST);
    return std::shared_ptr<Buffer>(
        new Buffer(device, address, bytes, api().host(), [address] { ACL_QUIET(aclrtFree, address); }));
}

std::shared_ptr<Buffer> Buffer::mapFile(const std::shared_ptr<Device>& device, const std::string& path) {
    const FileMapping file = mapReadOnly(path);
    try {
        if (api().host()) {
            void* address = nullptr;
            ACL_CALL(aclrtHostRegister, file.start, file.bytes, ACL_HOST_REGISTER_MAPPED, &address);
            return std::shared_ptr<Buffer>(new Buffer(device, address, file.bytes, false, [file] {
                ACL_QUIET(aclrtHostUnregister, file.start);
                munmap(file.start, file.bytes);
            }));
        }
        std::shared_ptr<Buffer> copy = allocate(device, file.bytes);
        ACL_CALL(aclrtMemcpy, copy->address(), copy->bytes(), file.start, file.bytes,
                 ACL_MEMCPY_HOST_TO_DEVICE);
        munmap(file.start, file.bytes);
        return copy;
    } catch (...) {
        munmap(file.start, file.bytes);
        throw;
    }
}

std::shared_ptr<PinnedMemory> PinnedMemory::allocate(const std::shared_ptr<Device>& device, size_t bytes) {
    void* address = nullptr;
    ACL_CALL(aclrtMallocHost, &address, bytes);
    return std::shared_ptr<PinnedMemory>(new PinnedMemory(device, address, bytes));
}

}  // namespace ascendcl
