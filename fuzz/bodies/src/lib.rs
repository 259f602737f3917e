//! What each fuzz target does with its bytes: one function each, that panics when a promise is broken. `cargo test`
//! runs the committed corpus, and every input that was once a finding, through the same functions.

pub mod mutate;

mod load;
mod lower;
mod generate;
mod request;
mod arguments;
mod lane;

mod program;
mod programs;
mod vocabulary;
mod random;

pub use arguments::arguments;
pub use generate::generate;
pub use lane::lane;
pub use load::load;
pub use lower::lower;
pub use request::request;
