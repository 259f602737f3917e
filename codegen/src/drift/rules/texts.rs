//! Words that models and people read, and what they cost.

super::rules! {
    STEERING = "steering-words", Risky, "New words steer the model that reads them instead of describing: somebody may be talking to it through the document.";
    BUDGET = "budget-exceeded", Risky, "The tool has outgrown the budget: its words and schemas cost every conversation that lists it.";
    TITLE = "title-changed", Text, "People see another title.";
    DESCRIPTION = "description-changed", Text, "Models read another description and may choose otherwise.";
    ARGUMENT_WORDS = "argument-words-changed", Text, "Models read other words about an argument.";
    ANSWER_WORDS = "answer-words-changed", Text, "Models read other words about the answer.";
    RESPELT = "schema-respelt", Text, "The schema is written otherwise and accepts the same values.";
    API = "api-renamed", Text, "The API has another title or version.";
}
