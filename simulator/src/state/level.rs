//! The life cycle of the shop: DEV1 and DEV2 to their staging levels, then QA, then PRD; FIX goes straight to PRD.

/// The level that production is.
pub(crate) const PRODUCTION: &str = "PRD";

const PATHS: [&[&str]; 3] = [&["DEV1", "STG1", "QA", "PRD"], &["DEV2", "STG2", "QA", "PRD"], &["FIX", "PRD"]];

/// Whether the shop has a level of this name.
pub(crate) fn exists(level: &str) -> bool {
    PATHS.iter().any(|path| path.contains(&level))
}

/// The level that a promotion from here goes to; production has none.
pub(crate) fn next(level: &str) -> Option<&'static str> {
    PATHS.iter().find_map(|path| path.get(position(path, level)? + 1).copied())
}

/// The level one step back on the path of a task, which never leaves its starting level.
pub(crate) fn back(level: &str, starting: &str) -> Option<&'static str> {
    let path = PATHS.iter().find(|path| path.contains(&starting) && path.contains(&level))?;
    let (here, start) = (position(path, level)?, position(path, starting)?);
    if here > start { Some(path[here - 1]) } else { None }
}

/// The version environment of a level, as tasks and the work list show it.
pub(crate) fn environment(level: &str) -> &'static str {
    match level {
        PRODUCTION => "PROD",
        "QA" => "HOLD",
        "STG1" | "STG2" => "TEST",
        _ => "OUTS",
    }
}

fn position(path: &[&str], level: &str) -> Option<usize> {
    path.iter().position(|step| *step == level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_ends_in_production() {
        for start in ["DEV1", "DEV2", "FIX"] {
            let mut level = start;
            while let Some(higher) = next(level) {
                assert_eq!(back(higher, start), Some(level));
                level = higher;
            }
            assert_eq!(level, PRODUCTION);
        }
    }

    #[test]
    fn going_back_stops_at_the_starting_level() {
        assert_eq!(back("STG2", "STG2"), None);
        assert_eq!(back("QA", "STG2"), Some("STG2"));
        assert_eq!(back("QA", "DEV1"), Some("STG1"));
        assert_eq!(back("UNIT", "DEV1"), None);
    }
}
