//! The body of a tool: its members as arguments of their own (flat) or as one argument (nested).
//!
//! A body is flat when it is a plain object with declared members, none of which is called like a parameter. An
//! optional body with required members is nested even so: only then "all of these or no body" can be said exactly.

use std::rc::Rc;

use openapi::ir::{Additional, Api, Body, Kind, Media, MediaKind, ObjectRules, Operation, Schema};

use super::files::{self, Parts};
use super::media;
use super::model::{Field, Shape, Within, Write};
use super::names;
use super::scalars;
use super::shapes::{self, Site};
use super::structs::Member;
use super::surface::{Builder, without_null};

impl<'a> Builder<'_, 'a> {
    /// Adds the body's arguments; `wanted` is the media type that the tool sends, `taken` are the parameters' names.
    pub(super) fn body(
        &mut self,
        body: &'a Body,
        wanted: Option<&str>,
        operation: &Operation,
        taken: &[String],
    ) -> Option<()> {
        let media = media::choose(body, wanted)?;
        media::report_json_members(self.shaper.api, operation, media, self.shaper.findings);
        self.report_unseen(body, media);
        if let Some(rule) = media::rule(self.shaper.api, media) {
            self.writes.push(Write::Media(rule));
        }
        match self.flat(body, media, operation, taken) {
            Some(rules) => {
                self.members(body, media, rules);
                // Where nothing is ever sent, nothing is to be said of how.
                if matches!(self.writes.last(), Some(Write::Media(_))) {
                    self.writes.pop();
                }
                Some(())
            }
            None => self.nested(body, media, taken),
        }
    }

    /// Says what a schema describes and no argument shows.
    fn report_unseen(&mut self, body: &Body, media: &Media) {
        let Some(schema) = &media.schema else { return };
        match &media::last(self.shaper.api, schema).kind {
            Kind::Object(rules)
                if !rules.properties.is_empty() && matches!(media.kind, MediaKind::Xml | MediaKind::Text) =>
            {
                let message =
                    "the body is one text: that it is well-formed is checked, what its schema says is not";
                self.shaper.findings.note("body-as-text", &body.at, message.to_owned());
            }
            Kind::Object(rules)
                if rules.properties.is_empty() && matches!(rules.additional, Additional::Closed) =>
            {
                let message = "the body has no members: it is no argument, and nothing is sent";
                self.shaper.findings.note("empty-body", &body.at, message.to_owned());
            }
            _ => {}
        }
    }

    fn members(&mut self, body: &Body, media: &'a Media, rules: &ObjectRules) {
        if body.required {
            self.writes.push(Write::ObjectBody);
        }
        let parts = self.parts(media);
        for property in &rules.properties {
            let mut member = Member::of_property(self.shaper.api, property);
            self.pin(&mut member.hints, &property.name);
            let site = Site::new(names::type_name(&property.name, "Member"), Within::Body);
            let site = Site { parts: parts.member(&property.name), ..site };
            let adjust: fn(Shape) -> Shape =
                if media.kind == MediaKind::Json { as_it_is } else { without_null };
            if let Some((source, _)) = self.field(&member, &site, adjust) {
                self.writes.push(Write::Member(property.name.clone(), source));
            }
        }
    }

    /// The parts of a multipart content that are something else than their schema says.
    fn parts(&self, media: &Media) -> Parts {
        let api = self.shaper.api;
        if let Some(content) = media::item_content(api, media) {
            return Parts::Here(content);
        }
        let contents = media::contents(api, media);
        if contents.is_empty() { Parts::None } else { Parts::Members(Rc::new(contents)) }
    }

    fn nested(&mut self, body: &Body, media: &Media, taken: &[String]) -> Option<()> {
        let is_parameter = |name: &String| taken.contains(name);
        if let Some(name) = self.pins.keys().find(|name| !is_parameter(name)) {
            let message =
                format!("pin `{name}` names no parameter, and the body is one argument; say `body: flat`");
            self.shaper.findings.error("pin-in-nested-body", &body.at, message);
            return None;
        }
        let Some(name) =
            ["body", "requestBody", "request_body"].into_iter().find(|name| !taken.contains(&(*name).into()))
        else {
            let message =
                "parameters take all names for the body (`body`, `requestBody`, `request_body`)".to_owned();
            self.shaper.findings.error("argument-collision", &body.at, message);
            return None;
        };
        let source = match &media.schema {
            None => {
                let rust = self.scope.field(name, 0);
                let shape = content(self.shaper.api, media).unwrap_or_else(|| anything(media.kind));
                self.offer(field(name, rust, body, shape))
            }
            Some(schema) => {
                let member = Member {
                    wire: name,
                    required: body.required,
                    schema,
                    description: &body.description,
                    deprecated: false,
                    hints: shapes::hints(self.shaper.api, schema),
                };
                let site = Site { parts: self.parts(media), ..Site::new("Body".to_owned(), Within::Body) };
                let content = content(self.shaper.api, media);
                let is_json = media.kind == MediaKind::Json;
                let adjust = |shape| content.unwrap_or(if is_json { shape } else { without_null(shape) });
                self.field(&member, &site, adjust)?.0
            }
        };
        self.writes.push(Write::Body(source));
        Some(())
    }

    /// The body's object, if its members are arguments of their own.
    fn flat(
        &mut self,
        body: &Body,
        media: &'a Media,
        operation: &Operation,
        taken: &[String],
    ) -> Option<&'a ObjectRules> {
        let wanted = operation.mcp.flat_body;
        let has_names = matches!(media.kind, MediaKind::Json | MediaKind::Form | MediaKind::Multipart);
        if wanted == Some(false) || !has_names {
            return None;
        }
        let rules = plain_object(self.shaper.api, media.schema.as_ref()?);
        let obstacle = match rules {
            None => Some("it is not a plain object with declared members".to_owned()),
            Some(rules) => obstacle(self.shaper.api, body, rules, taken),
        };
        if let Some(reason) = &obstacle
            && wanted == Some(true)
        {
            let message = format!("the body cannot be flat: {reason}");
            self.shaper.findings.error("body-not-flat", &body.at, message);
        }
        rules.filter(|_| obstacle.is_none())
    }
}

/// What a body of this media type is, where its schema cannot say it: a file, or text that holds anything.
fn content(api: &Api, media: &Media) -> Option<Shape> {
    let is_single = |schema: &Schema| match &media::last(api, schema).kind {
        Kind::Text(_) | Kind::Enumeration(_) => true,
        Kind::Boolean | Kind::Integer(_) | Kind::Number(_) => media.kind == MediaKind::Text,
        _ => false,
    };
    match media.kind {
        MediaKind::Binary => Some(Shape::File(files::of_body(&media.media_type))),
        MediaKind::Text | MediaKind::Xml if !media.schema.as_ref().is_some_and(is_single) => {
            Some(scalars::body_text())
        }
        MediaKind::Text | MediaKind::Xml | MediaKind::Json | MediaKind::Form | MediaKind::Multipart => None,
    }
}

/// The body of which nothing is known but its kind.
fn anything(kind: MediaKind) -> Shape {
    match kind {
        MediaKind::Form | MediaKind::Multipart => {
            Shape::Map { values: Box::new(Shape::Any), min: None, max: None }
        }
        MediaKind::Json | MediaKind::Text | MediaKind::Xml | MediaKind::Binary => Shape::Any,
    }
}

/// The object behind a schema, when its declared members are all that it holds.
fn plain_object<'a>(api: &'a Api, schema: &'a Schema) -> Option<&'a ObjectRules> {
    let targets = shapes::targets(api, schema);
    let last = targets.last().copied().unwrap_or(schema);
    let is_nullable = schema.nullable || targets.iter().any(|target| target.nullable);
    match &last.kind {
        Kind::Object(rules)
            if !is_nullable && rules.min_properties.is_none() && rules.max_properties.is_none() =>
        {
            let is_plain = match rules.additional {
                // An object that can hold nothing is no argument at all.
                Additional::Closed => true,
                Additional::Unsaid => !rules.properties.is_empty(),
                Additional::Any | Additional::Schema(_) => false,
            };
            is_plain.then_some(rules)
        }
        _ => None,
    }
}

/// Why the members of an object cannot be arguments of their own, if they cannot.
fn obstacle(api: &Api, body: &Body, rules: &ObjectRules, taken: &[String]) -> Option<String> {
    if let Some(property) = rules.properties.iter().find(|property| taken.contains(&property.name)) {
        return Some(format!("member `{}` is called like a parameter", property.name));
    }
    let needed = rules.properties.iter().find(|property| {
        let hints = shapes::hints(api, &property.schema);
        property.required && !property.schema.read_only && !hints.hidden && hints.pin.is_none()
    });
    match needed {
        Some(property) if !body.required => {
            Some(format!("the body is optional but its member `{}` is required", property.name))
        }
        _ => None,
    }
}

fn field(name: &str, rust: String, body: &Body, shape: Shape) -> Field {
    Field {
        wire: name.to_owned(),
        local: rust.clone(),
        rust,
        title: String::new(),
        description: super::words::clean(&body.description),
        default: None,
        deprecated: false,
        required: body.required,
        gated: false,
        secret: false,
        pinned: None,
        shape,
    }
}

fn as_it_is(shape: Shape) -> Shape {
    shape
}
