//! Words with which people and APIs mean the same: nobody who wants to be rid of something asks where it is "deleted". They are
//! everyday words of no document in particular.

use std::collections::HashMap;

use super::stem::stem;

/// Turns of speech, each with the one word that is meant.
pub(super) const TURNS: &[(&str, &str)] = &[
    ("get rid of", "delete"),
    ("throw away", "delete"),
    ("take down", "delete"),
    ("clean up", "prune"),
    ("free up", "prune"),
    ("call off", "cancel"),
    ("called off", "cancel"),
    ("take back", "undo"),
    ("bring back", "restore"),
    ("put back", "restore"),
    ("roll back", "restore"),
    ("set up", "create"),
    ("sign off", "approve"),
    ("hand over", "transfer"),
    ("take out", "remove"),
    ("take off", "remove"),
    ("pull out", "remove"),
    ("turn on", "enable"),
    ("turn off", "disable"),
    ("switch on", "enable"),
    ("switch off", "disable"),
    ("go on", "resume"),
    ("go ahead", "resume"),
    ("carry on", "resume"),
    ("kick off", "start"),
    ("shut down", "stop"),
    ("roll out", "deploy"),
    ("wrap up", "close"),
    ("log out", "session"),
    ("how much", "usage"),
    ("move up", "promote"),
];

/// Each line is of words of which one may stand for another.
const ALIKE: &[&str] = &[
    "get show view see read look fetch retrieve inspect display check tell know detail info information",
    "list enumerate overview all every which",
    "find search query discover",
    "create add new make register open begin prepare",
    "delete remove drop erase destroy discard wipe",
    "remove detach unassign take",
    "prune clean cleanup unused leftover dangling empty",
    "update change modify edit alter adjust set correct configure give scale",
    "rename name",
    "start run launch execute boot",
    "restart rerun again retry bounce",
    "stop halt shut terminate kill",
    "cancel abort abandon withdraw revoke drop",
    "restore undo revert former back recover undelete rollback old",
    "pause suspend freeze hold",
    "resume unpause unfreeze continue release thaw",
    "close finish complete end",
    "copy duplicate clone",
    "move transfer relocate hand",
    "promote raise lift up",
    "send submit post",
    "upload put store import load",
    "download pull export save fetch source",
    "deploy ship install rollout",
    "attach connect join mount plug link",
    "detach disconnect leave unplug",
    "approve accept agree confirm",
    "reject decline deny refuse",
    "assign give appoint",
    "status state progress happen outcome succeed finish ready",
    "event happen occur activity",
    "history past earlier previous layer",
    "version revision older release",
    "user member person people account owner colleague employee everybody",
    "group team department",
    "enterprise company organisation organization business",
    "permission access right allow role",
    "share collaborate collaboration invite access viewer editor",
    "picture photo image avatar thumbnail preview",
    "comment note remark reply said",
    "webhook hook callback notify",
    "size usage space disk memory large consume",
    "statistics stats memory cpu load resource usage",
    "log output console print listing",
    "password credential login authenticate secret",
    "tag label mark",
    "classification confidential sensitive secret",
    "folder directory",
    "trash bin recycle deleted",
    "file document spreadsheet presentation text program",
    "archive zip tar tarball",
    "compile build generate recompile",
    "option parameter setting configuration",
    "component module program",
    "item contain content inside",
    "task job work todo",
    "machine host node server computer",
    "cluster swarm fleet",
    "device phone laptop computer",
    "sign signature",
    "policy rule",
    "lock protect block prevent touch",
    "recent lately last",
    "link url address",
    "question ask summarise summarize",
    "volume storage persistent",
];

/// Words that may stand for another, by stem.
pub(super) struct Meanings(HashMap<String, Vec<String>>);

impl Meanings {
    pub(super) fn new() -> Self {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for line in ALIKE {
            let stems: Vec<String> = line.split(' ').map(stem).collect();
            for one in &stems {
                let others = all.entry(one.clone()).or_default();
                for other in stems.iter().filter(|other| *other != one) {
                    if !others.contains(other) {
                        others.push(other.clone());
                    }
                }
            }
        }
        Self(all)
    }

    /// What may stand for this stem, besides itself.
    pub(super) fn of(&self, stem: &str) -> &[String] {
        self.0.get(stem).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_does_so_both_ways_and_in_every_form() {
        let meanings = Meanings::new();
        let has = |one: &str, other: &str| meanings.of(&stem(one)).contains(&stem(other));
        for (one, other) in [("removing", "delete"), ("changed", "updates"), ("ship", "deployment")] {
            assert!(has(one, other) && has(other, one), "{one} {other}");
        }
        // One that is in two lines has the words of both.
        assert!(has("drop", "delete") && has("drop", "cancel") && !has("delete", "cancel"));
        assert!(!has("delete", "delete") && meanings.of("xylophone").is_empty());
    }
}
