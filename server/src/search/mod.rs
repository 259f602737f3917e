//! Finds the tool that somebody means who says in own words what is to be done.
//!
//! What it promises: the same question finds the same tools in the same order, whatever was asked before; and a question costs less
//! than a call of any of them. Who may use what it finds is for others to judge.

mod index;
mod meanings;
mod stem;
mod words;

pub use index::Index;
