//! The tools by the words that are said of them, weighed as BM25 does: a word counts the more the fewer tools have it, less with
//! each repetition, and less in a long text. Names count more than prose.

use std::collections::HashMap;

use serde_json::Value;

use super::meanings::Meanings;
use super::words::{self, Question};
use crate::catalog::{Api, Effect, Tool, Work};

/// How soon repetitions of a word count no more.
const SATURATION: f32 = 2.5;
/// What a word counts that may stand for the one that was asked for.
const ALIKE: f32 = 0.6;
/// What a word counts that only begins like the one that was asked for.
const BEGUN: f32 = 0.5;
/// The fewest letters with which a beginning says something.
const BEGINNING: usize = 4;

/// How much more a tool counts that has a word for all that was asked for.
const WHOLE: f32 = 0.5;
/// How much more a tool counts that reads, where something is to be told.
const TELLS: f32 = 0.3;

/// Where a word may stand, what it counts there, and how much of that is lost in a text of twice the usual length.
const FIELDS: [(Field, f32, f32); 7] = [
    (Field::Name, 3.0, 0.8),
    (Field::Title, 2.0, 0.8),
    (Field::Path, 1.0, 0.6),
    (Field::Tags, 1.0, 0.6),
    (Field::Description, 0.8, 0.6),
    (Field::Arguments, 0.3, 0.6),
    (Field::OfArguments, 0.1, 0.6),
];

#[derive(Clone, Copy)]
enum Field {
    Name,
    Title,
    Path,
    Tags,
    Description,
    /// The names of arguments.
    Arguments,
    /// What is said of arguments.
    OfArguments,
}

/// The tools of an API, ready to be asked for. Tools that are not the API's are not in it.
pub struct Index {
    tools: Vec<&'static Tool>,
    words: HashMap<String, Word>,
    /// All words in order, to find those that begin alike.
    sorted: Vec<String>,
    meanings: Meanings,
}

/// A word that is said of tools.
struct Word {
    /// How much it tells, since few have it.
    rarity: f32,
    weights: Vec<Weight>,
}

/// What a word counts for a tool.
struct Weight {
    tool: usize,
    weight: f32,
}

impl Index {
    /// Reads all that is said of the tools of an API.
    pub fn of(api: &Api) -> Self {
        let tools: Vec<&'static Tool> =
            api.tools.iter().copied().filter(|tool| matches!(tool.work, Work::Request(_))).collect();
        let said: Vec<Vec<Vec<String>>> = tools
            .iter()
            .map(|tool| {
                let schema = serde_json::from_str(tool.input_schema).unwrap_or_default();
                FIELDS.iter().map(|(field, ..)| words::stems(&text(tool, *field, &schema))).collect()
            })
            .collect();
        let words = weighed(&said);
        let mut sorted: Vec<String> = words.keys().cloned().collect();
        sorted.sort_unstable();
        Self { tools, words, sorted, meanings: Meanings::new() }
    }

    /// The tools that fit a question, best first; those that fit equally well by name.
    pub fn search(&self, question: &str) -> impl Iterator<Item = &'static Tool> {
        let Question { words, tells } = Question::of(question);
        let (mut scores, mut met) = (vec![0.0_f32; self.tools.len()], vec![0_usize; self.tools.len()]);
        let (mut best, mut asked) = (vec![0.0_f32; self.tools.len()], 0);
        for word in &words {
            // Of all words that may stand for it, a tool is given the one that counts most: saying it in two ways says it once.
            best.fill(0.0);
            let own = self.words.get(word).map_or(f32::MAX, |word| word.rarity);
            for (variant, counts) in self.variants(word) {
                let Some(Word { rarity, weights }) = self.words.get(variant) else { continue };
                // What stands for a common word tells no more than that does, however rare it is.
                let counts = counts * rarity.min(own);
                for Weight { tool, weight } in weights {
                    best[*tool] = best[*tool].max(weight * counts);
                }
            }
            asked += usize::from(best.iter().any(|best| *best > 0.0));
            for ((score, met), best) in scores.iter_mut().zip(&mut met).zip(&best) {
                *score += best;
                *met += usize::from(*best > 0.0);
            }
        }
        for ((score, met), tool) in scores.iter_mut().zip(met).zip(&self.tools) {
            *score *= 1.0 + WHOLE * count(met) / count(asked.max(1));
            if tells && tool.effect == Effect::Read {
                *score *= 1.0 + TELLS;
            }
        }
        let mut found: Vec<usize> = (0..self.tools.len()).filter(|tool| scores[*tool] > 0.0).collect();
        // Tools stand in the order of their names, which a stable sort keeps.
        found.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
        found.into_iter().map(|tool| self.tools[tool])
    }

    /// What may stand for a word, and what it counts.
    fn variants<'a>(&'a self, word: &'a str) -> Vec<(&'a str, f32)> {
        let mut variants = vec![(word, 1.0)];
        variants.extend(self.meanings.of(word).iter().map(|other| (other.as_str(), ALIKE)));
        if !self.words.contains_key(word) && word.chars().count() >= BEGINNING {
            let from = self.sorted.partition_point(|known| known.as_str() < word);
            let begun = self.sorted[from..].iter().take_while(|known| known.starts_with(word));
            variants.extend(begun.map(|known| (known.as_str(), BEGUN)));
        }
        variants
    }
}

/// What is said of a tool in a field.
fn text(tool: &Tool, field: Field, schema: &Value) -> String {
    let members = || schema["properties"].as_object().into_iter().flatten();
    match field {
        Field::Name => tool.name.to_owned(),
        Field::Title => tool.title.to_owned(),
        Field::Path => tool.template.to_owned(),
        Field::Tags => tool.tags.join(" "),
        Field::Description => tool.description.to_owned(),
        Field::Arguments => members().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" "),
        Field::OfArguments => {
            members().filter_map(|(_, member)| member["description"].as_str()).collect::<Vec<_>>().join(" ")
        }
    }
}

/// What each word counts for each tool, of the words of each tool by field.
fn weighed(said: &[Vec<Vec<String>>]) -> HashMap<String, Word> {
    let usual: Vec<f32> = (0..FIELDS.len()).map(|field| usual_length(said, field)).collect();
    let mut weights: HashMap<String, Vec<Weight>> = HashMap::new();
    for (tool, fields) in said.iter().enumerate() {
        let mut counts: HashMap<&str, f32> = HashMap::new();
        for ((stems, usual), (_, counted, lost)) in fields.iter().zip(&usual).zip(FIELDS) {
            let length = 1.0 - lost + lost * count(stems.len()) / usual;
            for stem in stems {
                *counts.entry(stem).or_default() += counted / length;
            }
        }
        for (stem, counted) in counts {
            let weight = counted * (SATURATION + 1.0) / (counted + SATURATION);
            weights.entry(stem.to_owned()).or_default().push(Weight { tool, weight });
        }
    }
    let all = count(said.len());
    let rarity = |having: f32| (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
    let word = |weights: Vec<Weight>| Word { rarity: rarity(count(weights.len())), weights };
    weights.into_iter().map(|(stem, weights)| (stem, word(weights))).collect()
}

/// How many words a field has where it has any.
fn usual_length(said: &[Vec<Vec<String>>], field: usize) -> f32 {
    let lengths = said.iter().map(|fields| fields[field].len()).filter(|length| *length > 0);
    let (number, sum) = lengths.fold((0, 0), |(number, sum), length| (number + 1, sum + length));
    if number == 0 { 1.0 } else { count(sum) / count(number) }
}

#[expect(clippy::cast_precision_loss, reason = "texts have fewer words than an f32 counts exactly")]
fn count(number: usize) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::decode::Problems;

    const fn tool(name: &'static str, title: &'static str, description: &'static str) -> Tool {
        Tool {
            name,
            title,
            description,
            ..Tool::bare(Effect::Read, Work::Request(|_, _| Err(Problems::default())))
        }
    }

    static CANCEL: Tool =
        tool("cancel_deployment", "Cancel deployment", "Withdraws a request that was not carried out.");
    static CREATE: Tool = tool("create_release", "Create release", "Opens a release in an application.");
    static DELETE: Tool = Tool {
        template: "/sets/{set}/locks",
        tags: &["Locks"],
        input_schema: r#"{"properties":{"owner":{"description":"The mainframe user."}}}"#,
        ..tool("delete_set", "Delete set", "Deletes a set.")
    };
    static LIST: Tool = tool("list_deployments", "List deployments", "All deployments of a release.");
    static OURS: Tool = Tool { name: "ours", title: "Cancel", ..Tool::bare(Effect::Read, Work::Rest) };
    static API: Api = Api::bare(&[&CANCEL, &CREATE, &DELETE, &LIST, &OURS]);

    fn found(question: &str) -> Vec<&'static str> {
        Index::of(&API).search(question).map(|tool| tool.name).collect()
    }

    #[test]
    fn the_tool_with_the_words_is_found_wherever_they_stand() {
        for (question, best) in [
            ("cancel a deployment", "cancel_deployment"),
            ("Please cancel all of the DEPLOYMENTS!", "cancel_deployment"),
            ("which deployments are there", "list_deployments"),
            ("removing sets", "delete_set"),
            ("locks", "delete_set"),
            ("mainframe", "delete_set"),
            ("owner", "delete_set"),
            ("open a new release", "create_release"),
            ("abort it", "cancel_deployment"),
            // The beginning of a word that there is.
            ("applic", "create_release"),
        ] {
            assert_eq!(found(question).first(), Some(&best), "{question}: {:?}", found(question));
        }
        for nothing in ["", "?", "the of it", "xylophone", "x"] {
            assert_eq!(found(nothing), [""; 0], "{nothing}");
        }
        assert!(!found("cancel").contains(&"ours"), "only the API's tools are found");
    }

    #[test]
    fn what_fits_equally_stands_by_name_and_saying_it_twice_changes_nothing() {
        assert_eq!(found("request withdraws release"), found("Release, release: withdraws request requests"));
        static ONE: Tool = tool("one", "Thing", "");
        static OTHER: Tool = Tool { name: "other", ..ONE };
        static ALIKE: Api = Api::bare(&[&ONE, &OTHER]);
        let names: Vec<&str> = Index::of(&ALIKE).search("thing").map(|tool| tool.name).collect();
        assert_eq!(names, ["one", "other"]);
    }

    /// An API of 1,200 tools, each of some forty words.
    fn large() -> &'static Api {
        const THINGS: [&str; 30] = [
            "file", "folder", "user", "group", "task", "policy", "report", "comment", "invoice", "order",
            "payment", "refund", "ticket", "project", "board", "card", "channel", "message", "device", "key",
            "network", "volume", "image", "node", "service", "secret", "plugin", "release", "build", "log",
        ];
        const DOINGS: [&str; 8] =
            ["get", "list", "create", "update", "delete", "archive", "restore", "export"];
        let mut tools: Vec<&'static Tool> = Vec::new();
        for number in 0..1200 {
            let (thing, doing) = (THINGS[number % 30], DOINGS[number / 30 % 8]);
            let name = format!("{doing}_{thing}_{}", number / 240);
            let description =
                format!("{doing} the {thing} with all that belongs to it, number {number} of its kind. ")
                    .repeat(3);
            let schema = format!(
                r#"{{"properties":{{"{thing}Id":{{"description":"Which {thing} it is."}},"page":{{}}}}}}"#
            );
            let leaked = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
            tools.push(Box::leak(Box::new(Tool {
                input_schema: leaked(schema),
                ..tool(leaked(name.clone()), leaked(name), leaked(description))
            })));
        }
        tools.sort_by_key(|tool| tool.name);
        Box::leak(Box::new(Api { tools: tools.leak(), ..Api::bare(&[]) }))
    }

    #[test]
    fn a_question_costs_little_among_many_tools() {
        let index = Index::of(large());
        let question = "how can I remove an old payment and restore the invoice that belongs to the order";
        let expected: Vec<&str> = index.search(question).map(|tool| tool.name).take(20).collect();
        assert!(expected[0].starts_with("restore_"), "{expected:?}");
        let mut took: Vec<Duration> = (0..50)
            .map(|_| {
                let begun = Instant::now();
                let found: Vec<&str> = index.search(question).map(|tool| tool.name).take(20).collect();
                assert_eq!(found, expected);
                begun.elapsed()
            })
            .collect();
        took.sort_unstable();
        // The quickest, since a busy machine makes others slower; and many times more than it takes in a program that is optimised.
        assert!(took[0] < Duration::from_millis(20), "{:?}", took[0]);
        println!("{:?} at best, {:?} in the middle", took[0], took[25]);
    }
}
