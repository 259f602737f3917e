//! How often calls may be made, crossed by one.

use crate::program_support::run;
use crate::scratch::Scratch;
use crate::world::{NOWHERE, World};

/// What becomes of so many reads.
pub(crate) async fn reads(world: &World, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(world.read().await.status);
    }
    statuses
}

#[tokio::test]
async fn all_together_and_each_caller_may_make_so_many_calls() {
    for (rate, switch) in [
        ("RATE_LIMIT_REQUESTS_PER_MINUTE", "RATE_LIMIT_ENABLED"),
        ("SECURITY_RATE_LIMIT_PER_USER_RPM", "SECURITY_RATE_LIMIT_ENABLED"),
    ] {
        for (per_minute, wait) in [("1", "60"), ("2", "30")] {
            let world = World::start([], &[(rate, per_minute), ("RATE_LIMIT_BURST_SIZE", "2")]).await;
            assert_eq!(reads(&world, 3).await, [200, 200, 429], "{rate}");
            assert_eq!(world.read().await.header("retry-after"), Some(wait), "{rate}");
        }
        let world = World::start([], &[(rate, "1"), ("RATE_LIMIT_BURST_SIZE", "3")]).await;
        assert_eq!(reads(&world, 4).await, [200, 200, 200, 429], "{rate}");
        let world = World::start([], &[(rate, "1"), ("RATE_LIMIT_BURST_SIZE", "1"), (switch, "false")]).await;
        assert_eq!(reads(&world, 3).await, [200; 3], "{switch}");
    }
}

#[tokio::test]
async fn a_change_counts_as_many_calls() {
    for (weight, after) in [("1", 200), ("2", 429)] {
        let changed = [
            ("RATE_LIMIT_REQUESTS_PER_MINUTE", "1"),
            ("RATE_LIMIT_BURST_SIZE", "2"),
            ("RATE_LIMIT_CHANGE_WEIGHT", weight),
        ];
        let world = World::start([], &changed).await;
        assert_eq!(world.change().await.status, 200);
        assert_eq!(world.read().await.status, after, "{weight}");
    }
}

#[tokio::test]
async fn a_key_may_make_so_many_calls() {
    let folder = Scratch::new("settings-key-quota");
    let file = folder.path().join("keys.json");
    let keys = [NOWHERE, ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", file.to_str().unwrap())];
    let create = ["keys", "create", "--owner", "jenkins", "--role", "observer", "--scope", "cp:read"];
    let made = run(&create, &keys).await;
    let key = made.stdout.trim();
    let changed =
        [keys[1], keys[2], ("SECURITY_RATE_LIMIT_PER_API_KEY_RPM", "1"), ("RATE_LIMIT_BURST_SIZE", "1")];
    let world = World::start([], &changed).await;
    let read = async |headers: &[(&str, &str)]| {
        let arguments = crate::world::assignment("PLAY000313");
        world.call_as("get_assignment_tasks", &arguments, headers).await.status
    };
    assert_eq!(read(&[]).await, 401, "whoever has no key is not let in");
    let shown = [("X-API-Key", key)];
    assert_eq!([read(&shown).await, read(&shown).await], [200, 429]);
}
