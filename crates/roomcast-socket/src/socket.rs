//! A connection as most programs want it: a [`Socket`] in an async function of its own, or a callback, with typed
//! messages in and out.

use crate::{
    close::{self, Close, Closed},
    frame,
    handler::{Context, Handler, Message},
    hub::{Congested, Hub, Interest, Publish, Remote},
};
use futures_core::Stream;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt,
    marker::PhantomData,
    ops::Deref,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, ready},
};
use tokio::sync::mpsc;

/// Messages that wait for a [`Socket`]'s program before its peer is slowed down.
pub const WAITING_MESSAGES: usize = 32;

/// A message that is not what the program understands.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Text that is not the JSON of the expected type.
    #[error("not understood: {0}")]
    Json(#[from] serde_json::Error),
    /// A binary message.
    #[error("a binary message, where text is due")]
    Binary,
}

/// The speaking half of a connection: what the program can do to it, from any thread.
pub struct Peer<Out> {
    remote: Remote<Channel>,
    out: PhantomData<fn(Out)>,
}

impl<Out> Clone for Peer<Out> {
    fn clone(&self) -> Self {
        Self::new(self.remote.clone())
    }
}

impl<Out> fmt::Debug for Peer<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Peer").field(&self.remote).finish()
    }
}

impl<Out> Peer<Out> {
    fn new(remote: Remote<Channel>) -> Self {
        Self { remote, out: PhantomData }
    }

    /// Subscribes to a topic. What is published after this call returns is received, by whomever, in order.
    pub fn subscribe(&self, topic: &str) {
        let topic = self.remote.hub().topic(topic);
        // From here on publishes reach the shard, behind the request to subscribe.
        let interest = Interest::new(&topic, self.remote.shard());
        self.remote.run(move |_, cx| {
            cx.subscribe(&topic);
            drop(interest);
        });
    }

    /// Ends a subscription. All of them end with the connection, without being asked.
    pub fn unsubscribe(&self, topic: &str) {
        let topic = self.remote.hub().topic(topic);
        self.remote.run(move |_, cx| {
            cx.unsubscribe(&topic);
        });
    }

    /// Closes the connection, behind what it is owed.
    pub fn close(&self, close: Close) {
        self.remote.run(move |_, cx| cx.close(close));
    }
}

impl<Out: Serialize> Peer<Out> {
    /// Sends to this connection alone. A message that does not serialize is logged and not sent.
    pub fn send(&self, message: &Out) {
        if let Some(frame) = encode(message) {
            self.remote.send(frame);
        }
    }

    /// Publishes to all who are subscribed to the topic, this connection included if it is one of them.
    ///
    /// # Errors
    /// [`Congested`] when more waits to be written than may.
    pub fn publish(&self, topic: &str, message: &Out) -> Result<(), Congested> {
        let hub = self.remote.hub();
        encode(message).map_or(Ok(()), |frame| hub.publish(&hub.topic(topic), Publish::from(frame)))
    }
}

fn encode<Out: Serialize>(message: &Out) -> Option<bytes::Bytes> {
    match serde_json::to_string(message) {
        Ok(json) => Some(frame::text(&json)),
        Err(error) => {
            tracing::error!(%error, "a message does not serialize, and was not sent");
            None
        }
    }
}

/// A connection: a stream of typed messages, and a [`Peer`] to speak to. Dropping it closes the connection.
pub struct Socket<In, Out> {
    peer: Peer<Out>,
    incoming: mpsc::Receiver<Incoming>,
    full: Arc<AtomicBool>,
    kind: PhantomData<fn() -> In>,
}

impl<In, Out> Deref for Socket<In, Out> {
    type Target = Peer<Out>;
    fn deref(&self) -> &Peer<Out> {
        &self.peer
    }
}

impl<In, Out> fmt::Debug for Socket<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Socket").field(&self.peer).finish()
    }
}

impl<In: DeserializeOwned, Out> Socket<In, Out> {
    /// The next message, or `None` when the connection has ended. Cancel-safe.
    pub async fn recv(&mut self) -> Option<Result<In, Invalid>> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_recv(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Option<Result<In, Invalid>>> {
        let incoming = ready!(self.incoming.poll_recv(cx));
        if self.full.swap(false, Ordering::AcqRel) {
            self.peer.remote.run(|_, cx| cx.resume());
        }
        Poll::Ready(incoming.map(decode))
    }
}

impl<In: DeserializeOwned, Out> Stream for Socket<In, Out> {
    type Item = Result<In, Invalid>;
    fn poll_next(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_recv(cx)
    }
}

impl<In, Out> Drop for Socket<In, Out> {
    fn drop(&mut self) {
        self.peer.close(close::NORMAL);
    }
}

fn decode<In: DeserializeOwned>(incoming: Incoming) -> Result<In, Invalid> {
    match incoming {
        Incoming::Text(text) => Ok(serde_json::from_str(&text)?),
        Incoming::Binary => Err(Invalid::Binary),
    }
}

enum Incoming {
    Text(Box<str>),
    Binary,
}

type OnOpen = Box<dyn FnOnce(Remote<Channel>) -> Sink + Send>;
type OnMessage = Box<dyn FnMut(Message<'_>) + Send>;

/// The [`Handler`] behind [`Socket`]s and callbacks.
pub struct Channel {
    open: Option<OnOpen>,
    sink: Option<Sink>,
}

/// Where a connection's messages go.
enum Sink {
    Socket(mpsc::Sender<Incoming>, Arc<AtomicBool>),
    Callback(OnMessage),
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").finish_non_exhaustive()
    }
}

impl Channel {
    /// Messages go to a [`Socket`], which `program` is run with on this runtime.
    pub(crate) fn socket<In, Out, F>(program: impl FnOnce(Socket<In, Out>) -> F + Send + 'static) -> Self
    where
        In: 'static,
        Out: 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = tokio::runtime::Handle::current();
        let open: OnOpen = Box::new(move |remote| {
            let (tx, incoming) = mpsc::channel(WAITING_MESSAGES);
            let full = Arc::new(AtomicBool::new(false));
            let socket = Socket { peer: Peer::new(remote), incoming, full: full.clone(), kind: PhantomData };
            // It ends with the connection: `recv` then answers `None`.
            runtime.spawn(program(socket));
            Sink::Socket(tx, full)
        });
        Self { open: Some(open), sink: None }
    }

    /// Messages go to a callback, which runs on the connection's shard and must not block.
    pub(crate) fn callback<In: DeserializeOwned, Out: 'static>(
        opened: impl FnOnce(&Peer<Out>) + Send + 'static,
        mut on_message: impl FnMut(&Peer<Out>, Result<In, Invalid>) + Send + 'static,
    ) -> Self {
        let open: OnOpen = Box::new(move |remote| {
            let peer = Peer::new(remote);
            opened(&peer);
            Sink::Callback(Box::new(move |message| {
                on_message(
                    &peer,
                    match message {
                        Message::Text(text) => serde_json::from_str(text).map_err(Invalid::from),
                        Message::Binary(_) => Err(Invalid::Binary),
                    },
                );
            }))
        });
        Self { open: Some(open), sink: None }
    }
}

impl Handler for Channel {
    type Shard = ();

    fn opened(&mut self, context: &mut Context<'_, Self>) {
        self.sink = self.open.take().map(|open| open(context.remote()));
    }

    fn message(&mut self, context: &mut Context<'_, Self>, message: Message<'_>) {
        match &mut self.sink {
            Some(Sink::Callback(on_message)) => on_message(message),
            Some(Sink::Socket(tx, full)) => {
                let incoming = match message {
                    Message::Text(text) => Incoming::Text(text.into()),
                    Message::Binary(_) => Incoming::Binary,
                };
                // There is room: reading stops when the last place is taken.
                if tx.try_send(incoming).is_err() {
                    return context.close(close::NORMAL);
                }
                if tx.capacity() == 0 {
                    full.store(true, Ordering::Release);
                    context.pause();
                }
            }
            None => {}
        }
    }

    fn closed(&mut self, _: &mut Context<'_, Self>, _: Closed) {
        self.sink = None;
    }
}

/// The default hub starts with [`crate::Options::default`].
impl Hub<Channel> {
    /// A hub for [`Socket`]s, one shard per core.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn with_defaults() -> std::io::Result<Self> {
        Self::start(crate::Options::default())
    }
}
