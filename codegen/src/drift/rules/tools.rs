//! Tools as a whole.

super::rules! {
    REMOVED = "tool-removed", Breaking, "Clients and policies that name the tool find nothing.";
    RENAMED = "tool-renamed", Breaking, "The tool is there under another name: clients, prompts and policies that use the old one find nothing.";
    REBOUND = "tool-rebound", Breaking, "The name stands for another operation: a client that learnt it does something else than it means to.";
    MOVED = "tool-moved", Compatible, "The operation is the same at another address: callers notice nothing, proxies and allow-lists may.";
    OPERATION_RENAMED = "operation-renamed", Text, "The document calls the operation otherwise; address and tool are the same.";
    ADDED = "tool-added", Compatible, "Clients are offered one more tool; policies must say who may use it.";
    DEPRECATED = "tool-deprecated", Compatible, "The tool works and is announced to go.";
    NO_LONGER_DEPRECATED = "tool-no-longer-deprecated", Text, "The announcement that the tool will go was taken back.";
}
