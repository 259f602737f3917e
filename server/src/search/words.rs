//! A text as the stems of its words, and those that say nothing of what is meant.

use super::meanings;
use super::stem::stem;

/// The longest word that is looked at, in bytes.
const LONGEST: usize = 64;

/// Words that stand in any question.
const EMPTY: &str = "a about after again ago already also am an and any anybody anyone anything api are as at away back \
    be been before but by can could did do does done down each early else every everyone everything \
    exactly first for from had has have he her here hers him his how i if in instead into is it its just \
    last let like many may me might mine moment more most much must my need next no nobody not nothing \
    now of off on once one ones only onto or other others our ours out over own please really shall she \
    should sides so some somebody someone something soon still such sure than that the their them then \
    there these they this those through time times to today tomorrow too under until up us want wants \
    was we week well were what whatever when whenever where which while whom whose why will with within \
    without work works would yesterday yet you your";

/// Words that ask for something to be told.
const ASKING: &str = "what which who whose whom where when why how is are was were did does do has have show list tell see find";

/// The stems of the words of a text, in their order. Words end where letters and digits do, and where a capital begins another.
pub(super) fn stems(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        for part in parts(word) {
            let lower = part.to_lowercase();
            if !lower.is_empty() && lower.len() <= LONGEST {
                found.push(stem(&lower));
            }
        }
    }
    found
}

/// What a question asks for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Question {
    /// The stems of its words, without what says nothing, each once.
    pub(super) words: Vec<String>,
    /// Whether something is to be told, and nothing done.
    pub(super) tells: bool,
}

impl Question {
    /// Reads a question. Turns of speech become the word that is meant: they say what is to be done, so they stand first.
    pub(super) fn of(text: &str) -> Self {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty() && word.len() <= LONGEST)
            .map(str::to_owned)
            .collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let stemmed: Vec<String> = lower.iter().map(|word| stem(word)).collect();
        let (mut question, mut is_taken) = (Self::default(), vec![false; words.len()]);
        for (turn, meant) in meanings::TURNS {
            if let Some(places) = stand(turn, &stemmed) {
                question.add(stem(meant));
                places.into_iter().for_each(|place| is_taken[place] = true);
            }
        }
        let does = !question.words.is_empty();
        let has = |list: &str, word: &str| list.split(' ').any(|one| one == word);
        for ((word, lower), _) in words.iter().zip(&lower).zip(is_taken).filter(|(_, taken)| !taken) {
            question.tells |= !does && has(ASKING, lower);
            if !has(EMPTY, lower) {
                stems(word).into_iter().for_each(|stem| question.add(stem));
            }
        }
        question
    }

    fn add(&mut self, stem: String) {
        if stem.chars().count() > 1 && !self.words.contains(&stem) {
            self.words.push(stem);
        }
    }
}

/// Where the words of a turn of speech stand, in their order and not far from each other: "turn the light off".
fn stand(turn: &str, words: &[String]) -> Option<Vec<usize>> {
    const FAR: usize = 4;
    let turn: Vec<String> = turn.split(' ').map(stem).collect();
    let begins = (0..words.len()).filter(|place| words[*place] == turn[0]);
    begins.into_iter().find_map(|begin| {
        let mut places = vec![begin];
        for part in &turn[1..] {
            let from = places[places.len() - 1] + 1;
            let near = (from..words.len().min(from + FAR - 1)).find(|place| words[*place] == *part)?;
            places.push(near);
        }
        Some(places)
    })
}

/// The words that are written as one: `assignmentId` is two, `OAuth2Client` three, `HTTPServer` two.
fn parts(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let (mut parts, mut begin) = (Vec::new(), 0);
    for (place, (at, letter)) in letters.iter().enumerate().skip(1) {
        let before = letters[place - 1].1;
        let after = letters.get(place + 1).map(|(_, letter)| *letter);
        let begins_word = letter.is_uppercase()
            && (before.is_lowercase() || before.is_ascii_digit() || after.is_some_and(char::is_lowercase));
        // `OAuth` is one word.
        let is_lone = *at - begin == 1 && begin == 0;
        if begins_word && !(is_lone && before.is_uppercase()) {
            parts.push(&word[begin..*at]);
            begin = *at;
        }
    }
    parts.push(&word[begin..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_people_see_it() {
        for (text, expected) in [
            ("assignmentId", &["assignment", "Id"][..]),
            ("HTTPServer", &["HTTP", "Server"]),
            ("OAuth", &["OAuth"]),
            ("plain", &["plain"]),
            ("ID", &["ID"]),
            ("", &[""]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
        assert_eq!(stems("GET /ispw/{srid}/sets"), ["get", "ispw", "srid", "set"]);
        assert_eq!(stems(&"x".repeat(LONGEST + 1)), [""; 0]);
        assert_eq!(stems(&"q".repeat(LONGEST)).len(), 1);
    }

    #[test]
    fn a_question_is_what_it_asks_for() {
        for (text, words, tells) in [
            ("How do I delete the images that nobody uses?", &["delet", "imag", "use"][..], true),
            ("delete, Delete and DELETED", &["delet"], false),
            ("what is it?", &[], true),
            ("Turn the plugin off!", &["disabl", "plugin"], false),
            ("which release shall I roll it out with", &["deploi", "releas"], false),
            // Too far from each other to be one turn.
            ("turn every single one of the lights off", &["turn", "singl", "light"], false),
            ("a b c", &[], false),
            ("", &[], false),
        ] {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(Question::of(text), Question { words, tells }, "{text}");
        }
        assert_eq!(Question::of(&"x".repeat(LONGEST + 1)), Question::default());
    }
}
