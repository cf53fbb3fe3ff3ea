// What one thread of a call wrote, another sees
// ----------------------------------------------
// oneTBB orders the pieces of a call. A meeting says so once more, by an atomic that ThreadSanitizer can see,
// which it cannot in a shared library that was built without it:
//   V1  leaving: release, behind a piece, and by the caller before all of them. A read-modify-write, so that
//       the last value carries what all have published.
//   V2  coming: acquire, before a piece, and by the caller behind all of them.
// Not inline: arena.cpp is not instrumented, meeting.cpp is.
#pragma once

#include <atomic>

namespace jackdaw::parallel {

class meeting {
 public:
  meeting() noexcept;
  meeting(const meeting&) = delete;
  meeting& operator=(const meeting&) = delete;
  /// The caller's end: behind all pieces.
  ~meeting();

  /// A piece of the work, for as long as this lives.
  class piece {
   public:
    explicit piece(meeting& of) noexcept;
    piece(const piece&) = delete;
    piece& operator=(const piece&) = delete;
    ~piece();

   private:
    meeting* of_;
  };

 private:
  std::atomic<unsigned> left_{0};
};

}  // namespace jackdaw::parallel
