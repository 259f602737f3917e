//! Parameters of Swagger 2.0: one list for what goes into the address, the headers, a form or the body.

use crate::held::Held;
use crate::ir::{Location, Parameter, ParameterEncoding, Style};
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

use crate::lower::Reader;
use crate::lower::schema::Lowering;

const BODY: &[Field] = &[
    Field("name", Form::Text, Need::Expected),
    Field("in", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Optional),
    Field("required", Form::Flag, Need::Optional),
    Field("schema", Form::Schema, Need::Required),
];

/// A parameter as it is given, references followed.
#[derive(Clone)]
pub(in crate::lower) struct Given<'a> {
    pub(super) at: At<'a>,
    pub(super) name: String,
    pub(super) place: Place,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Body,
    Form,
    Other(Location),
}

impl Given<'_> {
    /// Whether two are the same one; there is only one body.
    fn is(&self, other: &Given<'_>) -> bool {
        self.place == other.place
            && match self.place {
                Place::Body => true,
                Place::Other(Location::Header) => self.name.eq_ignore_ascii_case(&other.name),
                Place::Form | Place::Other(_) => self.name == other.name,
            }
    }

    pub(super) fn is_required(&self) -> bool {
        self.at.member("required").is_some_and(|flag| flag.value == true)
    }

    pub(super) fn description(&self) -> String {
        let text = self.at.member("description").and_then(|text| text.value.as_str());
        text.unwrap_or_default().to_owned()
    }
}

impl<'a> Reader<'a> {
    /// The parameters of a path item or an operation.
    pub(in crate::lower) fn given(&mut self, at: &At<'a>) -> Vec<Given<'a>> {
        let mut found: Vec<Given<'a>> = Vec::new();
        for item in at.member("parameters").iter().flat_map(At::items) {
            let Some(given) = self.one_given(&item) else { continue };
            if found.iter().any(|known| known.is(&given)) {
                let message =
                    format!("the parameter `{}` is declared twice here; the first holds", given.name);
                self.problems.error("duplicate-parameter", item.place(), message);
                continue;
            }
            found.push(given);
        }
        found
    }

    pub(super) fn one_given(&mut self, at: &At<'a>) -> Option<Given<'a>> {
        let at = resolve::follow(at, &mut self.problems)?;
        if !at.value.is_object() {
            shape::wrong_form(&at, Form::Object, &mut self.problems);
            return None;
        }
        let text = |key: &str| at.member(key).and_then(|member| member.value.as_str());
        let place = match text("in") {
            Some("path") => Place::Other(Location::Path),
            Some("query") => Place::Other(Location::Query),
            Some("header") => Place::Other(Location::Header),
            Some("formData") => Place::Form,
            Some("body") => {
                shape::check(&at, BODY, &mut self.problems);
                Place::Body
            }
            other => {
                let message = format!(
                    "`in: {}` is unknown: path, query, header, formData and body are accepted",
                    other.unwrap_or("nothing")
                );
                let place = at.member("in").map_or_else(|| at.place(), |member| member.place());
                self.problems.error("parameter-location", place, message);
                return None;
            }
        };
        let Some(name) = text("name").or((place == Place::Body).then_some("body")) else {
            let message = "the member `name` is missing: text is expected";
            self.problems.error("missing-member", at.place(), message);
            return None;
        };
        Some(Given { name: name.to_owned(), place, at: at.clone() })
    }

    /// Everything that a call takes: path-level parameters first, overridden in place.
    pub(in crate::lower) fn swagger_inputs(
        &mut self,
        shared: &[Given<'a>],
        at: &At<'a>,
    ) -> (Vec<Parameter>, Option<crate::ir::Body>) {
        let mut all = shared.to_vec();
        for given in self.given(at) {
            match all.iter_mut().find(|known| known.is(&given)) {
                Some(overridden) => *overridden = given,
                None => all.push(given),
            }
        }
        let mut parameters = Vec::new();
        for given in &all {
            if let Place::Other(location) = given.place {
                let parameter = self.swagger_parameter(given, location);
                if self.may_be_sent(&parameter) {
                    parameters.push(parameter);
                }
            }
        }
        let body = self.swagger_body(&all, at);
        (parameters, body)
    }

    fn swagger_parameter(&mut self, given: &Given<'a>, location: Location) -> Parameter {
        let held = self.inline(given);
        let mut lowering =
            Lowering { named: &self.schemas.named, memory: &mut self.memory, problems: &mut self.problems };
        let schema = lowering.schema(&held);
        if location == Location::Path && !given.is_required() {
            let message =
                format!("the path parameter `{}` must say `required: true`; it is read as such", given.name);
            self.problems.warning("path-parameter-required", given.at.place(), message);
        }
        let (style, explode) = self.collection(given, location);
        self.tell_nesting(style, location, &schema, &given.at);
        let allow_empty = given.at.member("allowEmptyValue").is_some_and(|flag| flag.value == true);
        Parameter {
            at: given.at.place(),
            name: given.name.clone(),
            location,
            description: given.description(),
            required: given.is_required() || location == Location::Path,
            deprecated: given.at.member("x-deprecated").is_some_and(|flag| flag.value == true),
            encoding: ParameterEncoding::Style {
                style,
                explode,
                allow_reserved: false,
                allow_empty: allow_empty && location == Location::Query,
            },
            mcp: schema.mcp.clone(),
            schema,
        }
    }

    /// What the value of a parameter may be. A file is one only in a form.
    pub(super) fn inline(&mut self, given: &Given<'a>) -> Held {
        let held = self.schemas.read_inline(&given.at, &mut self.problems);
        let kind = given.at.member("type").filter(|kind| kind.value == "file");
        if let Some(kind) = kind.filter(|_| given.place != Place::Form) {
            let message = "`type: file` is for `in: formData` only; it is read as text";
            self.problems.error("file-parameter", kind.place(), message);
        }
        held
    }

    /// `collectionFormat` as a style of OpenAPI 3; comma-separated where nothing is said.
    fn collection(&mut self, given: &Given<'a>, location: Location) -> (Style, bool) {
        let plain = match location {
            Location::Query => (Style::Form, false),
            _ => (Style::Simple, false),
        };
        if !given.at.member("type").is_some_and(|kind| kind.value == "array") {
            return (plain.0, location == Location::Query);
        }
        let Some(at) = given.at.member("collectionFormat") else { return plain };
        match (at.value.as_str().unwrap_or("csv"), location) {
            ("csv", _) => plain,
            ("multi", Location::Query) => (Style::Form, true),
            ("ssv", _) if location != Location::Cookie => (Style::SpaceDelimited, false),
            ("pipes", _) if location != Location::Cookie => (Style::PipeDelimited, false),
            ("tsv", Location::Query) => (Style::TabDelimited, false),
            (other, _) => {
                let accepted = match location {
                    Location::Query => "csv, ssv, tsv, pipes and multi are",
                    _ => "csv, ssv and pipes are",
                };
                let message = format!(
                    "`collectionFormat: {other}` cannot be written here: {accepted} accepted; commas are written"
                );
                self.problems.error("collection-format", at.place(), message);
                plain
            }
        }
    }
}
