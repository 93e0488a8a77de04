//! Who comes in, who has to say first who they are, and who is put out.

use super::{Chat, Entry, Refusal};
use crate::{
    access::cut_off,
    auth::{Denied, Identity, TooMany, User, revoked::Revoked},
    session::{Only, Session},
};
use roomcast_protocol::{AUTH_WITHIN_MS, CloseCode, ErrorCode, SUBPROTOCOL, UserName};
use roomcast_socket::{Response, Upgrade};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// Connections at once of which it is not known yet whose they are; one more is refused.
pub const MAX_OWING: usize = 1_000;

impl Chat {
    /// Upgrades a connection of this person. `hold` is dropped when the connection has ended: a place under a cap, for
    /// example.
    #[must_use]
    pub fn connect(
        &self,
        upgrade: Upgrade,
        who: impl Into<Identity>,
        entry: Entry,
        hold: impl Send + 'static,
    ) -> Response {
        let Identity { name, pass } = who.into();
        let session = Session::new(self.clone(), self.user(name), pass, only(entry), Box::new(hold));
        self.attach(upgrade, session)
    }

    /// Upgrades a connection of which it is not known whose it is: its first frame, within 5 s, is to be `auth`.
    ///
    /// # Errors
    /// When there are [`MAX_OWING`] of them.
    pub fn connect_owing(
        &self,
        upgrade: Upgrade,
        entry: Entry,
        hold: impl Send + 'static,
    ) -> Result<Response, Refusal> {
        let one_more = |n| (n < MAX_OWING).then_some(n + 1);
        if self.0.owing.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_err() {
            let message =
                "too many connections have not said whose they are: send the token with the request";
            let retry_after = Some(Duration::from_millis(AUTH_WITHIN_MS));
            return Err(Refusal { retry_after, ..Refusal::new(ErrorCode::Limit, message) });
        }
        let nobody = self.0.users.nobody();
        let mut session = Session::new(self.clone(), nobody, None, only(entry), Box::new(hold));
        session.owes = true;
        Ok(self.attach(upgrade, session))
    }

    fn attach(&self, upgrade: Upgrade, session: Session) -> Response {
        upgrade.select(SUBPROTOCOL).attach(&self.0.hub, session)
    }

    pub(crate) fn forget_owing(&self) {
        self.0.owing.fetch_sub(1, Ordering::AcqRel);
    }

    /// The person of this name.
    #[must_use]
    pub fn user(&self, name: UserName) -> Arc<User> {
        self.0.users.get(name)
    }

    /// Whether people are known by tokens here.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.0.options.verifier.is_some()
    }

    /// Whom a token names.
    ///
    /// # Errors
    /// When it is not good, is not good any more, or cannot be checked at the moment.
    pub async fn authenticate(&self, token: String) -> Result<Identity, Denied> {
        let Some(verifier) = &self.0.options.verifier else {
            return Err(Denied::bad("there are no tokens here"));
        };
        let identity = verifier.verify(token).await?;
        if self.0.revoked.holds(&identity) {
            return Err(Denied::bad("the token was revoked"));
        }
        Ok(identity)
    }

    /// Ends all connections of a person, with a reason for people. They may come back, if the code lets them.
    pub fn disconnect(&self, name: &UserName, code: CloseCode, reason: &str) {
        let (name, reason) = (name.clone(), reason.to_owned());
        let tag = self.0.users.tag(&name);
        self.0.hub.run_each(Some(tag), move |session, cx| {
            if *session.user.name == name {
                cut_off(cx, code, &reason);
            }
        });
    }

    /// Refuses all tokens of a person that were issued until now, for as long as one of them may last, and ends their
    /// connections.
    ///
    /// # Errors
    /// When too much is revoked already; then nothing was done.
    pub fn revoke_user(&self, name: &UserName, lasting: Duration, reason: &str) -> Result<(), TooMany> {
        let now = self.now_s();
        self.0.revoked.person(name, now.saturating_add(lasting.as_secs()), now)?;
        self.disconnect(name, CloseCode::Removed, reason);
        Ok(())
    }

    /// Refuses one token, by its `jti`, for as long as it may last, and ends the connections that stand on it.
    ///
    /// # Errors
    /// When too much is revoked already; then nothing was done.
    pub fn revoke_token(&self, id: &str, lasting: Duration, reason: &str) -> Result<(), TooMany> {
        let now = self.now_s();
        self.0.revoked.token(id, now.saturating_add(lasting.as_secs()), now)?;
        let (id, reason): (Box<str>, _) = (id.into(), reason.to_owned());
        self.0.hub.run_each(None, move |session, cx| {
            if session.pass.as_ref().is_some_and(|pass| pass.id.as_ref() == Some(&id)) {
                cut_off(cx, CloseCode::BadToken, &reason);
            }
        });
        Ok(())
    }

    pub(crate) fn revoked(&self) -> &Revoked {
        &self.0.revoked
    }

    pub(crate) fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }
}

fn only(entry: Entry) -> Option<Only> {
    let Entry::Room(room, resume) = entry else { return None };
    Some(Only { room, resume })
}
