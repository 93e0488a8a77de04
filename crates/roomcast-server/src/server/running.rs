//! A server that runs: the main thread's part of it. Signals, the admin listener and the chat's background are here; what
//! people connect to is on the shards.

use super::{Server, ServerError, listeners::Listeners};
use crate::{
    auth::Tokens,
    config::{Config, Period, Rate},
    http::{
        self, App,
        admin::{self, Phase, Readiness},
    },
    lifecycle::{GOODBYE_LIMIT, REQUESTS_LIMIT, Stop},
    listener::{self, Caps, Front},
    metrics::Metrics,
};
use axum::Router;
use roomcast::{Chat, auth::Verifier, bus::Local, store::Retention};
use roomcast_protocol::CloseCode;
use roomcast_socket::Hub;
use std::{
    net::TcpListener,
    num::{NonZeroU32, NonZeroU64},
    sync::Arc,
};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// Everything that runs.
pub(super) struct Running {
    chat: Chat,
    listeners: Listeners,
    readiness: Readiness,
    /// Signals and the admin listener.
    tasks: TaskTracker,
    stop: Stop,
    /// The admin listener outlives the others, so that whoever asks hears of the end.
    admin_stop: Stop,
    by_itself: bool,
}

/// Connections that the admin listener takes at once.
const ADMIN_CONNECTIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(63);

impl Running {
    /// Starts all of it, inside a local runtime. Connections are taken when this returns.
    pub(super) fn start(server: Server, stop: Stop) -> Result<Self, ServerError> {
        let config = &server.config;
        let signals = stop.signals()?;
        let hub = Hub::start(socket_options(config, server.chat.len()))?;
        let options = chat_options(config, server.tokens.clone());
        let chat = Chat::start(hub.clone(), server.opened.store, Arc::new(Local::default()), options);
        let caps = Caps::new(config.limits.connections, config.limits.per_ip);
        let metrics = Arc::new(Metrics::new(chat.clone(), caps.clone()));
        let app = http::app(App::new(chat.clone(), config, stop.clone()));
        let trusted = config.server.trusted_proxies.clone().into();
        let front = Front { shard: 0, app, caps, trusted, stop: stop.clone() };
        let running = Self {
            listeners: Listeners::start(&hub, server.chat, &front),
            chat,
            readiness: Readiness::default(),
            tasks: TaskTracker::new(),
            stop,
            admin_stop: Stop::new(),
            by_itself: false,
        };
        running.serve_admin(server.admin, metrics)?;
        server.tokens.map(|tokens| running.tasks.spawn_local(tokens.keep_keys_fresh()));
        signals.map(|signals| running.tasks.spawn_local(signals.watch()));
        running.readiness.set(Phase::Ready);
        Ok(running)
    }

    fn serve_admin(&self, socket: TcpListener, metrics: Arc<Metrics>) -> Result<(), ServerError> {
        let app = admin::router(self.readiness.clone(), self.chat.clone(), metrics);
        let front = admin_front(app, self.admin_stop.clone());
        let socket = tokio::net::TcpListener::from_std(socket)?;
        self.tasks.spawn_local(listener::serve(socket, front));
        Ok(())
    }

    /// Waits for the first signal, or for a listener that ends by itself.
    pub(super) async fn until_told(&mut self) {
        self.by_itself = tokio::select! {
            biased; // listeners end when the server drains, too
            () = self.stop.draining() => false,
            () = self.listeners.one_ended() => true,
        };
    }

    /// Requests are finished first, then everyone is told to come back later, then the store is closed.
    pub(super) async fn end(mut self) -> Result<(), ServerError> {
        self.readiness.set(Phase::Draining);
        self.stop.drain();
        if timeout(REQUESTS_LIMIT, self.listeners.all_ended()).await.is_err() {
            tracing::warn!("not every request was answered in time");
        }
        self.stop.end();
        let stopped = self.chat.stop(CloseCode::GoingAway, GOODBYE_LIMIT).await;
        self.admin_stop.end();
        match stopped? {
            _ if self.by_itself => Err(ServerError::Shard),
            0 => Ok(()),
            cut_off => {
                tracing::warn!(cut_off, "not every connection was closed in time");
                Ok(())
            }
        }
    }
}

fn socket_options(config: &Config, shards: usize) -> roomcast_socket::Options {
    roomcast_socket::Options {
        shards,
        outbox_bytes: config.limits.outbound_queue.bytes(),
        ..roomcast_socket::Options::default()
    }
}

fn chat_options(config: &Config, tokens: Option<Tokens>) -> roomcast::Options {
    let (limits, retention) = (&config.limits, &config.retention);
    let rate = |rate: &Rate| roomcast::limits::Rate { count: rate.count, per: rate.per.as_duration() };
    roomcast::Options {
        verifier: tokens.map(|tokens| Arc::new(tokens) as Arc<dyn Verifier>),
        limits: roomcast::limits::Limits {
            messages: rate(&limits.messages),
            joins: rate(&limits.joins),
            commands: rate(&limits.commands),
            connections: limits.per_user,
        },
        retention: Retention {
            max_age: retention.max_age.0.map(Period::as_duration),
            max_messages: NonZeroU64::new(retention.max_messages.into()),
        },
        retention_every: retention.every.as_duration(),
        ..roomcast::Options::default()
    }
}

fn admin_front(app: Router, stop: Stop) -> Front {
    let caps = Caps::new(ADMIN_CONNECTIONS, ADMIN_CONNECTIONS);
    Front { shard: 0, app, caps, trusted: Arc::default(), stop }
}
