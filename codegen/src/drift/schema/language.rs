//! Texts as languages: patterns become automata, so that "does every text of these also match those" has an answer and,
//! where it is no, a shortest text that shows it. What is too large for that is left undecided.

use std::collections::{BTreeSet, HashMap, VecDeque};

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use serde_json::Value;

use super::formats;

/// Bytes that one automaton may take.
const SIZE: usize = 4 * 1024 * 1024;
/// States that are visited before the question is left undecided.
const VISITS: usize = 20_000;

/// Texts of some length that match all of some patterns and have all of some formats.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Texts {
    pub(super) min: u64,
    pub(super) max: Option<u64>,
    pub(super) patterns: BTreeSet<String>,
    pub(super) formats: BTreeSet<String>,
}

/// What came of a search for a text.
pub(super) enum Search {
    /// There is none.
    None,
    /// A shortest one.
    Found(String),
    /// It was not decided.
    Open,
}

impl Texts {
    /// The texts that keywords allow.
    pub(super) fn of(schema: &Value) -> Self {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
        let word = |keyword: &str| schema.get(keyword).and_then(Value::as_str).map(str::to_owned);
        Self {
            min: number("minLength").unwrap_or(0),
            max: number("maxLength"),
            patterns: word("pattern").into_iter().filter(|pattern| !says_nothing(pattern)).collect(),
            formats: word("format").into_iter().filter(|format| formats::is_asserted(format)).collect(),
        }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            min: self.min.max(other.min),
            max: [self.max, other.max].into_iter().flatten().min(),
            patterns: self.patterns.union(&other.patterns).cloned().collect(),
            formats: self.formats.union(&other.formats).cloned().collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.max.is_some_and(|max| max < self.min)
    }

    pub(super) fn holds(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        length >= self.min
            && self.max.is_none_or(|max| length <= max)
            && self.formats.iter().all(|format| formats::holds(format, text))
            && self.patterns.iter().all(|pattern| matches(pattern, text))
    }

    /// Whether the keywords alone tell that every text here is in `other`.
    pub(super) fn is_plainly_within(&self, other: &Self) -> bool {
        self.min >= other.min
            && other.max.is_none_or(|other| self.max.is_some_and(|own| own <= other))
            && other.patterns.is_subset(&self.patterns)
            && other.formats.is_subset(&self.formats)
    }

    /// A text here that is not in `other`; formats are not part of the search.
    pub(super) fn outside(&self, other: &Self) -> Search {
        if other.patterns.is_empty() && self.patterns.is_empty() {
            return match self.outside_by_length(other) {
                Some(length) => Search::Found("~".repeat(usize::try_from(length).unwrap_or(0))),
                None => Search::None,
            };
        }
        match (automata(&self.patterns), automata(&other.patterns)) {
            (Some(own), Some(others)) => Walk { own, others, inside: self, outside: other }.search(),
            _ => Search::Open,
        }
    }

    /// Some text here.
    pub(super) fn member(&self) -> Option<String> {
        if let Some(sample) =
            self.formats.iter().map(|format| formats::sample(format)).find(|sample| self.holds(sample))
        {
            return Some(sample.to_owned());
        }
        let nothing = Self { min: 1, max: Some(0), ..Self::default() };
        match self.outside(&nothing) {
            Search::Found(text) if self.holds(&text) => Some(text),
            _ => None,
        }
    }

    /// A length here that is none of `other`.
    fn outside_by_length(&self, other: &Self) -> Option<u64> {
        if self.is_empty() {
            None
        } else if self.min < other.min {
            Some(self.min)
        } else {
            let past = other.max?.saturating_add(1).max(self.min);
            self.max.is_none_or(|max| past <= max).then_some(past)
        }
    }
}

fn says_nothing(pattern: &str) -> bool {
    matches!(pattern, "" | "^" | "$" | ".*" | "^.*" | ".*$" | "(?s).*" | "^(?s:.*)$")
}

/// Whether a pattern matches somewhere; one that cannot be read matches.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

type Automata = Vec<dense::DFA<Vec<u32>>>;

/// One automaton for each pattern, and one that takes every text, so that only text is walked over.
fn automata(patterns: &BTreeSet<String>) -> Option<Automata> {
    let everything = r"\A(?s:.*)\z".to_owned();
    let wrapped = patterns.iter().map(|pattern| format!(r"\A(?s:.*)(?:{pattern})(?s:.*)\z"));
    std::iter::once(everything).chain(wrapped).map(|pattern| automaton(&pattern)).collect()
}

fn automaton(pattern: &str) -> Option<dense::DFA<Vec<u32>>> {
    let limits = dense::Config::new()
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(SIZE))
        .determinize_size_limit(Some(SIZE));
    dense::Builder::new().configure(limits).build(pattern).ok()
}

/// A breadth-first walk over the product of all automata and the length.
struct Walk<'t> {
    own: Automata,
    others: Automata,
    inside: &'t Texts,
    outside: &'t Texts,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Node {
    states: Vec<StateID>,
    /// Characters so far; beyond the last bound that matters they are no longer counted.
    length: u64,
}

impl Walk<'_> {
    fn search(&self) -> Search {
        let bounds = [Some(self.inside.min), self.inside.max, Some(self.outside.min), self.outside.max];
        let last = bounds.into_iter().flatten().max().unwrap_or(0).saturating_add(1);
        let Some(start) = self.start() else { return Search::Open };
        let bytes = self.bytes();
        let mut came_from: HashMap<Node, Option<(Node, u8)>> = HashMap::from([(start.clone(), None)]);
        let mut open = VecDeque::from([start]);
        while let Some(node) = open.pop_front() {
            if self.is_witness(&node) {
                return Search::Found(spelt(&came_from, node));
            }
            if came_from.len() > VISITS {
                return Search::Open;
            }
            for &byte in &bytes {
                let Some(next) = self.step(&node, byte, last) else { continue };
                if !came_from.contains_key(&next) {
                    came_from.insert(next.clone(), Some((node.clone(), byte)));
                    open.push_back(next);
                }
            }
        }
        Search::None
    }

    fn start(&self) -> Option<Node> {
        let anchored = start::Config::new().anchored(Anchored::Yes);
        let automata = self.own.iter().chain(&self.others);
        let states =
            automata.map(|automaton| automaton.start_state(&anchored).ok()).collect::<Option<_>>()?;
        Some(Node { states, length: 0 })
    }

    /// The next node, unless no text here goes on this way.
    fn step(&self, node: &Node, byte: u8, last: u64) -> Option<Node> {
        let begins = !(0x80..0xC0).contains(&byte);
        let length = (node.length + u64::from(begins)).min(last);
        if self.inside.max.is_some_and(|max| length > max) {
            return None;
        }
        let mut states = Vec::with_capacity(node.states.len());
        for (index, automaton) in self.own.iter().chain(&self.others).enumerate() {
            let state = automaton.next_state(node.states[index], byte);
            if index < self.own.len() && automaton.is_dead_state(state) {
                return None;
            }
            states.push(state);
        }
        Some(Node { states, length })
    }

    fn is_witness(&self, node: &Node) -> bool {
        let ends = |automaton: &dense::DFA<Vec<u32>>, state: StateID| {
            automaton.is_match_state(automaton.next_eoi_state(state))
        };
        let (own, others) = node.states.split_at(self.own.len());
        let accepted = |automata: &Automata, states: &[StateID]| {
            automata.iter().zip(states).all(|(automaton, state)| ends(automaton, *state))
        };
        let fits = |texts: &Texts| node.length >= texts.min && texts.max.is_none_or(|max| node.length <= max);
        fits(self.inside)
            && accepted(&self.own, own)
            && !(fits(self.outside) && accepted(&self.others, others))
    }

    /// One byte of each class that some automaton tells apart; readable ones where there is a choice.
    fn bytes(&self) -> Vec<u8> {
        let classes = |byte: u8| -> Vec<u8> {
            let automata = self.own.iter().chain(&self.others);
            automata.map(|automaton| automaton.byte_classes().get(byte)).collect()
        };
        let mut seen = BTreeSet::new();
        let mut order: Vec<u8> =
            (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(b'!'..=b'~').collect();
        order.extend(0..=u8::MAX);
        order.into_iter().filter(|&byte| seen.insert((classes(byte), (0x80..0xC0).contains(&byte)))).collect()
    }
}

fn spelt(came_from: &HashMap<Node, Option<(Node, u8)>>, node: Node) -> String {
    let mut bytes = Vec::new();
    let mut at = &node;
    while let Some(Some((before, byte))) = came_from.get(at) {
        bytes.push(*byte);
        at = before;
    }
    bytes.reverse();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Search, Texts};

    fn outside(one: &Value, other: &Value) -> Option<String> {
        match Texts::of(one).outside(&Texts::of(other)) {
            Search::Found(text) => Some(text),
            Search::None => None,
            Search::Open => panic!("{one} and {other} are small enough"),
        }
    }

    #[test]
    fn patterns_are_compared_by_their_texts() {
        let pattern = |pattern: &str| json!({"pattern": pattern});
        assert_eq!(outside(&pattern("^[a-c]+$"), &pattern("^[a-z]*$")), None);
        assert_eq!(outside(&pattern("^[a-z]*$"), &pattern("^[a-c]+$")).as_deref(), Some(""));
        assert_eq!(outside(&pattern("^a{1,3}$"), &json!({"maxLength": 2})).as_deref(), Some("aaa"));
        assert_eq!(outside(&pattern("^a{1,3}$"), &json!({"maxLength": 3, "minLength": 1})), None);
        assert_eq!(outside(&pattern("^(?:a|b)$"), &pattern("^[ab]$")), None);
        assert_eq!(outside(&pattern("b"), &pattern("^[ab]*$")).map(|text| text.len()), Some(2));
    }

    #[test]
    fn lengths_count_characters() {
        assert_eq!(outside(&json!({"pattern": "^ä{2}$"}), &json!({"maxLength": 2})), None);
        assert_eq!(outside(&json!({"maxLength": 5}), &json!({"maxLength": 4})).as_deref(), Some("~~~~~"));
        assert_eq!(outside(&json!({"minLength": 4}), &json!({"minLength": 4})), None);
    }
}
