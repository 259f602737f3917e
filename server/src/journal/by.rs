//! On whose word something about the server itself has changed.

use std::net::IpAddr;

use serde::ser::SerializeMap;

use crate::call::Caller;

/// On whose word it was.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// A signal's. Whose signal it was the system does not say.
    Signal,
    /// A file's, which has changed.
    File,
    /// The settings', which were read again.
    Settings,
    /// Nobody's: the time for which it was otherwise is over.
    Time,
    /// A caller's. In a box, since records of calls, which are many, have the room of what may stand in their place.
    Call(Box<Asker>),
}

/// Who asked for something by a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Asker {
    /// Who called.
    pub caller: Caller,
    /// The request's id, as answers and logs have it.
    pub request_id: String,
    /// Where the request came from, if that is known.
    pub address: Option<IpAddr>,
}

impl By {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::File => "file",
            Self::Settings => "settings",
            Self::Time => "time",
            Self::Call(_) => "call",
        }
    }

    /// Writes it into a record's members.
    pub(super) fn write<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        if let Self::Call(asker) = self {
            let Asker { caller, request_id, address } = &**asker;
            members.serialize_entry("caller", &caller.word())?;
            members.serialize_entry("request_id", request_id)?;
            members.serialize_entry("address", address)?;
        }
        members.serialize_entry("by", self.word())
    }
}
