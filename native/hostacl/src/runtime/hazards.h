// Who touches what, and what is ordered before what: finds races between streams and host actions that come
// too early.
//
// Order is decided when work is submitted, by vector clocks, never by how fast the threads happen to run: a
// program that forgot an event fails every time. Work counts as finished only when the host has been told so
// (a synchronise, a completed query, a callback).
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "acl_abi.h"
#include "runtime/ranges.h"

namespace hostacl {

/** Latest position of each stream (by its number) that is known to be over. */
using Clock = std::unordered_map<uint64_t, uint64_t>;

void mergeClock(Clock& into, const Clock& other);

/** One range that a task uses. */
struct Access {
    Intervals intervals;
    bool write = false;
    bool host = false;  // host memory of an asynchronous copy
    bool indirect =
        false;  // which bytes is decided by device data (tables, indices): never a race, always in use
};

using Accesses = std::vector<Access>;

/** A conflicting piece of work, in words, or empty. */
struct Conflict {
    std::string description;
    bool withWrite = false;  // the earlier work writes
    bool host = false;       // on host memory
    explicit operator bool() const { return !description.empty(); }
};

/** Accesses of submitted and not yet observed work, with the order between streams. Thread-safe. */
class Hazards {
  public:
    /**
     * Enters task number `tick` of a stream. When it conflicts with unordered work of another stream that is
     * described, and the task is not entered. `previous` is the stream's tick before.
     */
    Conflict admit(uint64_t stream, uint64_t tick, const Accesses& accesses, const char* name);

    /** The order known at the stream's end: everything submitted to it so far and what that waited for. */
    Clock clockOf(uint64_t stream);

    /** The stream's later work comes after everything in `clock`. */
    void join(uint64_t stream, const Clock& clock);

    /** The host knows that everything in `clock` is over. */
    void observe(const Clock& clock);

    /** Unobserved work that touches one of `intervals` (and writes, unless `alsoReads`). */
    Conflict pending(const Intervals& intervals, bool alsoReads);

    /** Forgets a stream that has ended. */
    void drop(uint64_t stream);

  private:
    struct Entry {
        uint64_t stream;
        uint64_t tick;
        std::string name;
        Accesses accesses;
    };

    std::mutex mutex_;
    std::unordered_map<uint64_t, Clock> clocks_;
    Clock observed_;
    std::vector<Entry> entries_;
};

/** The process's hazards of work that runs; captures keep their own. */
Hazards& hazards();

}  // namespace hostacl
