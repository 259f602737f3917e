//! Sessions of clients of the handshake revisions, over HTTP: what only they can have is a way back to the client.
//!
//! There are no more than were allowed; a client that comes when there is no room is served without one. Each belongs to who began it: to
//! everybody else there is none of that name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

tokio::task_local! {
    /// Who begins a session, with the room for it.
    static BEGINNING: Mutex<Option<Owned>>;
}

/// A session's owner and its place among all; dropped, the place is free.
struct Owned {
    owner: String,
    _place: OwnedSemaphorePermit,
}

/// The sessions of an endpoint.
pub(super) struct Sessions {
    library: LocalSessionManager,
    places: Arc<Semaphore>,
    owned: Mutex<HashMap<SessionId, Owned>>,
}

impl Sessions {
    /// No sessions, with room for so many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            library: LocalSessionManager::default(),
            places: Arc::new(Semaphore::new(most)),
            owned: Mutex::default(),
        }
    }

    /// Whether a session of this name belongs to this caller.
    pub(super) fn is_of(&self, id: &str, caller: &str) -> bool {
        let owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        owned.get(id).is_some_and(|owned| owned.owner == caller)
    }

    /// Does something in which this caller may begin a session; nothing where there is no room for one.
    pub(super) async fn beginning<T>(&self, caller: &str, work: impl Future<Output = T>) -> Option<T> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let owned = Owned { owner: caller.to_owned(), _place: place };
        Some(BEGINNING.scope(Mutex::new(Some(owned)), work).await)
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let owned = BEGINNING.try_with(|owned| owned.lock().unwrap_or_else(PoisonError::into_inner).take());
        let (id, transport) = self.library.create_session().await?;
        match owned.ok().flatten() {
            Some(owned) => {
                self.owned.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), owned);
                Ok((id, transport))
            }
            // Nobody would ever be let in.
            None => {
                self.library.close_session(&id).await?;
                Err(LocalSessionManagerError::SessionNotFound(id))
            }
        }
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.library.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.library.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.library.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.library.create_stream(id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.library.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.library.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.library.resume(id, last_event_id).await
    }
}
