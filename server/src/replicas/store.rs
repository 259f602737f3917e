//! Values that any process may want that another has: sealed, bounded, gone after their time.

use std::time::Duration;

use super::{Away, Proof, Replicas};

/// The largest value, in bytes: Redis does nothing else while it copies one.
pub(crate) const LARGEST: usize = 1 << 20;

/// Values of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    replicas: Replicas,
    label: &'static str,
    proof: Proof,
}

impl Store {
    /// Values with this label.
    pub(crate) fn new(replicas: Replicas, label: &'static str) -> Self {
        let proof = replicas.proof(label);
        Self { replicas, label, proof }
    }

    /// Keeps a value for so long. Whether it was kept; what is too large is not.
    pub(crate) async fn put(&self, name: &[u8], bytes: &[u8], lasting: Duration) -> Result<bool, Away> {
        if bytes.len() > LARGEST {
            return Ok(false);
        }
        let key = self.replicas.name(self.label, name);
        let value = self.proof.close(&key, bytes);
        let milliseconds = u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX).max(1);
        let link = self.replicas.link();
        let putting = link.ask(self.replicas.patience(), |mut connection, _| async move {
            let mut set = redis::cmd("SET");
            set.arg(key).arg(value).arg("PX").arg(milliseconds);
            set.query_async::<()>(&mut connection).await
        });
        putting.await.map(|()| true)
    }

    /// Takes the value of this name away. Where Redis cannot be asked, its time does.
    pub(crate) async fn remove(&self, name: &[u8]) {
        let key = self.replicas.name(self.label, name);
        let link = self.replicas.link();
        let removing = link.ask(self.replicas.patience(), |mut connection, _| async move {
            redis::cmd("DEL").arg(key).query_async::<()>(&mut connection).await
        });
        let _ = removing.await;
    }

    /// The value of this name, if there is one and a process of ours wrote it.
    pub(crate) async fn get(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Away> {
        let key = self.replicas.name(self.label, name);
        let link = self.replicas.link();
        let found: Option<Vec<u8>> = link
            .ask(self.replicas.patience(), |mut connection, _| {
                let mut get = redis::cmd("GET");
                get.arg(&key);
                async move { get.query_async(&mut connection).await }
            })
            .await?;
        Ok(found.and_then(|value| self.proof.open(&key, &value).map(<[u8]>::to_vec)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replicas::Settings;

    #[tokio::test]
    async fn what_is_too_large_by_one_byte_is_not_even_asked_to_be_kept() {
        // Nothing listens there, so that whatever is asked fails.
        let secret = "0123456789abcdef0123456789abcdef";
        let settings = Settings::new("redis://127.0.0.1:1".into(), secret.into());
        let store = Store::new(Replicas::new(settings, String::new()).expect("sound settings"), "test");
        let put = async |size: usize| store.put(b"name", &vec![0; size], Duration::from_secs(1)).await;
        assert_eq!(put(LARGEST + 1).await, Ok(false));
        assert!(put(LARGEST).await.is_err(), "it was asked");
    }
}
