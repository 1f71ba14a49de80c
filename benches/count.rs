//! The allocator of the shipped engine: how many bytes of it are in use, and how often it was asked for some.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicUsize, Ordering};

use tikv_jemallocator::Jemalloc;

/// Counts for one thread, which is all that the bench has: a locked addition would cost more than what it counts.
#[derive(Clone, Copy, Debug)]
pub struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Bytes in use, each allocation rounded up as jemalloc does.
pub fn in_use() -> usize {
    IN_USE.load(Ordering::Relaxed)
}

/// How often memory was taken, or taken anew.
pub fn asked() -> usize {
    ASKED.load(Ordering::Relaxed)
}

/// Four sizes each time it doubles, and nothing below 16.
fn rounded(size: usize) -> usize {
    let step = (size.max(64) - 1).ilog2().saturating_sub(2);
    size.next_multiple_of(1 << step.max(4))
}

fn note(taken: usize, given: usize) {
    ASKED.store(asked() + usize::from(taken > 0), Ordering::Relaxed);
    IN_USE.store(in_use().wrapping_add(taken).wrapping_sub(given), Ordering::Relaxed);
}

#[expect(unsafe_code, reason = "what every allocator is")]
// SAFETY: each call is passed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(rounded(layout.size()), 0);
        unsafe { Jemalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, rounded(layout.size()));
        unsafe { Jemalloc.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(rounded(layout.size()), 0);
        unsafe { Jemalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(rounded(size), rounded(layout.size()));
        unsafe { Jemalloc.realloc(pointer, layout, size) }
    }
}
