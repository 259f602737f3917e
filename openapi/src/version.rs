//! The versions of OpenAPI that are read.

/// A version of OpenAPI that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// 2.0, called Swagger.
    V2_0,
    /// 3.0.x.
    #[default]
    V3_0,
    /// 3.1.x.
    V3_1,
    /// 3.2.x.
    V3_2,
}

impl Version {
    /// Its name for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Version::V2_0 => "Swagger 2.0",
            Version::V3_0 => "OpenAPI 3.0",
            Version::V3_1 => "OpenAPI 3.1",
            Version::V3_2 => "OpenAPI 3.2",
        }
    }

    /// The pointer of the object that holds the named schemas.
    pub(crate) fn schemas_at(self) -> &'static str {
        if self == Version::V2_0 { "/definitions" } else { "/components/schemas" }
    }
}
