//! YAML text to a value with places, from the events of `saphyr-parser`: the core schema of YAML 1.2, so `NO`, `on` and
//! `1_000` are text. Aliases are copied within a bound, merge keys (`<<`) are applied, doubled keys are reported.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};

use super::{File, Loaded, narrow, too_deep};
use crate::document::{Inside, Spot};
use crate::limits;
use crate::problems::Problems;

mod indentation;
mod scalar;

/// Reads YAML; `None` after a syntax error or a limit.
pub(super) fn read(text: &str, file: File<'_>, problems: &mut Problems) -> Option<Loaded> {
    let mut text = Cow::Borrowed(text);
    for attempt in 0.. {
        match read_once(&text, file, problems) {
            Ok(loaded) => return loaded,
            Err(error) => {
                let place = file.place(narrow(error.marker().line()), narrow(error.marker().col() + 1));
                let Some(mended) = indentation::mended(&text, &error, attempt) else {
                    problems.error("syntax", place, format!("not YAML: {}", error.info()));
                    return None;
                };
                let message =
                    "this closing bracket must stand deeper than what it belongs to; it is read as if it did";
                problems.warning("yaml-indentation", place, message);
                text = Cow::Owned(mended);
            }
        }
    }
    None
}

/// Reads the text as it is; what makes it no YAML is given back.
fn read_once(text: &str, file: File<'_>, problems: &mut Problems) -> Result<Option<Loaded>, ScanError> {
    let mut build = Build {
        file,
        problems,
        stack: Vec::new(),
        anchors: HashMap::new(),
        copied: 0,
        documents: 0,
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event?;
        if build.event(event, span).is_none() {
            return Ok(None);
        }
    }
    if build.root.is_none() {
        build.problems.error("syntax", file.place(1, 1), "not YAML: the file is empty");
    }
    Ok(build.root)
}

/// A node that is complete.
#[derive(Clone)]
struct Node {
    value: Value,
    spot: Spot,
    /// Nodes in it, itself included.
    nodes: usize,
    /// Levels of lists and objects in it.
    height: usize,
}

/// A list or an object that is still open.
struct Frame {
    start: Marker,
    anchor: usize,
    nodes: usize,
    height: usize,
    content: Content,
}

enum Content {
    Items(Vec<Value>, Vec<Spot>),
    Members(Members),
}

#[derive(Default)]
struct Members {
    values: Map<String, Value>,
    spots: BTreeMap<String, Spot>,
    /// The key whose value comes next; without a name the value is dropped.
    key: Option<(Option<String>, Marker)>,
    merges: Vec<Node>,
}

struct Build<'t, 'p> {
    file: File<'t>,
    problems: &'p mut Problems,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Node>,
    copied: usize,
    documents: usize,
    root: Option<Loaded>,
}

impl Build<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.error(
                        "syntax",
                        span.start,
                        "a second YAML document begins here: one is read per file",
                    );
                    return None;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span)?
            }
            Event::SequenceStart(anchor, _) => {
                self.open(Content::Items(Vec::new(), Vec::new()), anchor, span)?;
            }
            Event::MappingStart(anchor, _) => {
                self.open(Content::Members(Members::default()), anchor, span)?
            }
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Alias(anchor) => self.alias(anchor, span)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Some(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Option<()> {
        let is_key = self.expects_key();
        if is_key && anchor == 0 {
            if style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "true" | "false") {
                let message = format!("the key `{text}` is read as text: quote it to say so");
                self.problems.note("yaml-key", self.place(span.start), message);
            }
            return self.key(text.to_owned(), span.start);
        }
        let value = match scalar::read(text, style == ScalarStyle::Plain, tag) {
            Ok(value) => value,
            Err(message) => {
                self.error("yaml-scalar", span.start, message);
                Value::String(text.to_owned())
            }
        };
        let spot = self.spot(span.start, Inside::Leaf);
        let node = Node { value, spot, nodes: 1, height: 0 };
        if is_key {
            self.remember(anchor, &node, span.start)?;
            return self.key(text.to_owned(), span.start);
        }
        self.complete(node, anchor, span.start)
    }

    fn open(&mut self, content: Content, anchor: usize, span: Span) -> Option<()> {
        if self.expects_key() {
            self.error("syntax", span.start, "a key must be text, not a list or an object");
            return None;
        }
        if self.stack.len() >= limits::DEPTH {
            let place = self.place(span.start);
            too_deep(self.file, place.line, place.column, self.problems);
            return None;
        }
        self.stack.push(Frame { start: span.start, anchor, nodes: 1, height: 0, content });
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let frame = self.stack.pop().expect("the parser closes only what it opened");
        let (value, inside) = match frame.content {
            Content::Items(values, spots) => (Value::Array(values), Inside::Items(spots)),
            Content::Members(mut members) => {
                for merge in std::mem::take(&mut members.merges) {
                    self.merge(&mut members, merge);
                }
                (Value::Object(members.values), Inside::Members(members.spots.into_iter().collect()))
            }
        };
        let spot = self.spot(frame.start, inside);
        let node = Node { value, spot, nodes: frame.nodes, height: frame.height + 1 };
        self.complete(node, frame.anchor, frame.start)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Option<()> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            self.error("syntax", span.start, "the alias names an anchor that is not complete before it");
            return None;
        };
        if self.expects_key() {
            return match node.value {
                Value::String(text) => self.key(text, span.start),
                _ => {
                    self.error(
                        "syntax",
                        span.start,
                        "a key must be text: the alias stands for something else",
                    );
                    None
                }
            };
        }
        if self.stack.len() + node.height > limits::DEPTH {
            let place = self.place(span.start);
            too_deep(self.file, place.line, place.column, self.problems);
            return None;
        }
        self.copying(node.nodes, span.start)?;
        self.complete(node, 0, span.start)
    }

    /// Puts a finished node where it belongs.
    fn complete(&mut self, mut node: Node, anchor: usize, start: Marker) -> Option<()> {
        self.remember(anchor, &node, start)?;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some((node.value, node.spot));
            return Some(());
        };
        frame.nodes += node.nodes;
        frame.height = frame.height.max(node.height);
        match &mut frame.content {
            Content::Items(values, spots) => {
                values.push(node.value);
                spots.push(node.spot);
            }
            Content::Members(members) => {
                let (key, at) = members.key.take().expect("a value follows its key");
                let Some(key) = key else { return Some(()) };
                if key == "<<" {
                    members.merges.push(node);
                    return Some(());
                }
                (node.spot.line, node.spot.column) = (narrow(at.line()), narrow(at.col() + 1));
                node.spot.file = self.file.index;
                members.spots.insert(key.clone(), node.spot);
                members.values.insert(key, node.value);
            }
        }
        Some(())
    }

    fn key(&mut self, text: String, start: Marker) -> Option<()> {
        let Some(Frame { content: Content::Members(members), .. }) = self.stack.last_mut() else {
            unreachable!("keys are expected only in an open object")
        };
        let doubled = text != "<<" && members.values.contains_key(&text);
        members.key = Some(((!doubled).then(|| text.clone()), start));
        if doubled {
            let message = format!("the key `{text}` stands here a second time: remove one of the two");
            self.error("duplicate-key", start, message);
        }
        Some(())
    }

    /// Applies `<<: mapping` or `<<: [mapping, ...]`: names that are there already win.
    fn merge(&mut self, members: &mut Members, node: Node) {
        let place = self.file.place(node.spot.line, node.spot.column);
        match (node.value, node.spot.inside) {
            (Value::Object(values), Inside::Members(spots)) => {
                for (key, value) in values {
                    if members.values.contains_key(&key) {
                        continue;
                    }
                    if let Some(spot) = spots.get(&key) {
                        members.spots.insert(key.clone(), spot.clone());
                    }
                    members.values.insert(key, value);
                }
            }
            (Value::Array(values), Inside::Items(spots)) => {
                for (value, spot) in values.into_iter().zip(spots) {
                    if value.is_object() {
                        self.merge(members, Node { value, spot, nodes: 0, height: 0 });
                    } else {
                        self.problems.error("yaml-merge", place.clone(), MERGE);
                    }
                }
            }
            _ => self.problems.error("yaml-merge", place, MERGE),
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node, start: Marker) -> Option<()> {
        if anchor != 0 {
            self.copying(node.nodes, start)?;
            self.anchors.insert(anchor, node.clone());
        }
        Some(())
    }

    fn copying(&mut self, nodes: usize, start: Marker) -> Option<()> {
        self.copied += nodes;
        if self.copied > limits::ALIAS_NODES {
            let message = format!("anchors and aliases copy more than {} nodes", limits::ALIAS_NODES);
            self.error("limit-aliases", start, message);
            return None;
        }
        Some(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Members(Members { key: None, .. }), .. }))
    }

    fn spot(&self, start: Marker, inside: Inside) -> Spot {
        Spot { file: self.file.index, line: narrow(start.line()), column: narrow(start.col() + 1), inside }
    }

    fn place(&self, start: Marker) -> crate::report::Place {
        self.file.place(narrow(start.line()), narrow(start.col() + 1))
    }

    fn error(&mut self, rule: &'static str, start: Marker, message: impl Into<String>) {
        let place = self.place(start);
        self.problems.error(rule, place, message);
    }
}

const MERGE: &str = "a merge key (<<) takes an object or a list of objects";
