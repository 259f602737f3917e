//! What may be done once, by whichever process.

use std::time::Duration;

use super::{Away, Replicas};

impl Replicas {
    /// Takes what is known by this name, for so long. Whether nobody had taken it; of two who ask at the same time, one has.
    pub(crate) async fn take(&self, label: &str, name: &[u8], lasting: Duration) -> Result<bool, Away> {
        let key = self.name(label, name);
        let milliseconds = u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX).max(1);
        let taken: Option<String> = self
            .link()
            .ask(self.patience(), |mut connection, _| async move {
                let mut set = redis::cmd("SET");
                set.arg(key).arg(1).arg("NX").arg("PX").arg(milliseconds);
                set.query_async(&mut connection).await
            })
            .await?;
        Ok(taken.is_some())
    }
}
