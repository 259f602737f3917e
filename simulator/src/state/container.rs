//! Assignments and releases: what owns and what groups tasks.

/// A unit of work that owns tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assignment {
    pub(crate) id: String,
    pub(crate) stream: String,
    pub(crate) application: String,
    pub(crate) sub_application: String,
    pub(crate) default_path: String,
    pub(crate) description: String,
    pub(crate) owner: String,
    pub(crate) prefix: String,
    pub(crate) reference: String,
    pub(crate) release: String,
    pub(crate) tag: String,
    pub(crate) sandbox: String,
    pub(crate) sandbox_join_at: String,
    pub(crate) closed: bool,
}

/// A group of tasks of several assignments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Release {
    pub(crate) id: String,
    pub(crate) stream: String,
    pub(crate) application: String,
    pub(crate) sub_application: String,
    pub(crate) description: String,
    pub(crate) owner: String,
    pub(crate) prefix: String,
    pub(crate) reference: String,
    pub(crate) tag: String,
    pub(crate) closed: bool,
}

/// Names the assignment or release that an operation works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// An assignment, by id.
    Assignment(String),
    /// A release, by id.
    Release(String),
}

impl Container {
    /// The identifier.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Assignment(id) | Self::Release(id) => id,
        }
    }

    /// The word for its kind in messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Assignment(_) => "Assignment",
            Self::Release(_) => "Release",
        }
    }

    /// The collection that its address stands under.
    pub(crate) fn collection(&self) -> &'static str {
        match self {
            Self::Assignment(_) => "assignments",
            Self::Release(_) => "releases",
        }
    }
}
