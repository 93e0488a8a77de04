//! How anything tells a shard that there is work: one flag and one waker. A thousand notifications between two turns
//! cost one task wake.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

#[derive(Debug, Default)]
pub(crate) struct Signal {
    raised: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Signal {
    pub(crate) fn raise(&self) {
        if self.raised.swap(true, Ordering::AcqRel) {
            return;
        }
        let waiting = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Called before looking for work, so that what a look covers does not cause an empty turn after it.
    pub(crate) fn clear(&self) {
        self.raised.store(false, Ordering::Release);
    }

    pub(crate) async fn wait(&self) {
        poll_fn(|cx| self.poll(cx)).await;
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.raised.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        // A raise between the swap and the store found no waker: look again.
        if self.raised.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Connections whose socket has become readable or writable since the last turn, in order of arrival. At most one
/// entry a connection.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    pub(crate) signal: Signal,
    list: Mutex<Vec<u32>>,
}

impl Ready {
    /// Swaps the list with an empty one, which keeps its capacity.
    pub(crate) fn take(&self, into: &mut Vec<u32>) {
        std::mem::swap(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner), into);
    }
}

/// What tokio's I/O driver wakes for one connection: 32 bytes, in place of a task.
#[derive(Debug)]
pub(crate) struct ConnWaker {
    ready: Arc<Ready>,
    queued: AtomicBool,
    key: u32,
}

impl ConnWaker {
    pub(crate) fn new(ready: Arc<Ready>, key: u32) -> Arc<Self> {
        Arc::new(Self { ready, queued: AtomicBool::new(false), key })
    }

    /// From here on a wake queues the connection again.
    pub(crate) fn unqueue(&self) {
        self.queued.store(false, Ordering::Release);
    }
}

impl Wake for ConnWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.ready.list.lock().unwrap_or_else(PoisonError::into_inner).push(self.key);
            self.ready.signal.raise();
        }
    }
}
