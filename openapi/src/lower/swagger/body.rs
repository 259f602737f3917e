//! Bodies of Swagger 2.0: the body parameter, or the form that all `formData` parameters make up together.

use crate::held::{Held, Types};
use crate::ir::{Body, Media, MediaKind};
use crate::lower::Reader;
use crate::lower::schema::Lowering;
use crate::shape::Form;
use crate::store::At;

use super::parameter::{Given, Place};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

impl<'a> Reader<'a> {
    /// The body that the parameters make up, if any; `at` is the operation.
    pub(super) fn swagger_body(&mut self, all: &[Given<'a>], at: &At<'a>) -> Option<Body> {
        let body = all.iter().find(|given| given.place == Place::Body);
        let fields: Vec<&Given<'a>> = all.iter().filter(|given| given.place == Place::Form).collect();
        if let (Some(body), [first, ..]) = (body, &fields[..]) {
            let message = format!("`{}` is the whole body, and a form beside it is left out", body.name);
            self.problems.error("body-and-form", first.at.place(), message);
        }
        match body {
            Some(body) => self.whole_body(body, at),
            None => self.form(&fields, at),
        }
    }

    fn whole_body(&mut self, given: &Given<'a>, at: &At<'a>) -> Option<Body> {
        let schema = given.at.member("schema").filter(|schema| Form::Schema.fits(schema.value))?;
        let (_, lowered) = self.schema(&schema);
        let types = self.stated("consumes", at);
        let mut media = self.as_media(&types, &schema, Some(lowered));
        for one in &mut media {
            self.settle(one);
        }
        Some(self.made(given.at.clone(), given.description(), given.is_required(), media))
    }

    /// All fields as one object.
    fn form(&mut self, fields: &[&Given<'a>], at: &At<'a>) -> Option<Body> {
        let first = fields.first()?;
        let mut held = Held::of(first.at.place(), Types::OBJECT);
        let mut has_file = false;
        for field in fields {
            let mut member = self.inline(field);
            member.remarks.description = field.description();
            has_file |= member.format.as_deref() == Some("binary");
            if field.is_required() {
                held.required.push(field.name.clone());
            }
            self.report_lists(field);
            held.properties.insert(field.name.clone(), member);
        }
        let required = !held.required.is_empty();
        let mut lowering =
            Lowering { named: &self.schemas.named, memory: &mut self.memory, problems: &mut self.problems };
        let schema = lowering.schema(&held);
        let stated = self.stated("consumes", at);
        let says = |kind: &str| {
            stated
                .iter()
                .any(|one| one.value.as_str().is_some_and(|text| text.to_ascii_lowercase().starts_with(kind)))
        };
        let chosen: &[(&str, MediaKind)] = match (says(FORM), says(MULTIPART)) {
            (true, false) if has_file => {
                let message = format!("a file cannot be sent as {FORM}: {MULTIPART} is used");
                self.problems.warning("file-in-form", first.at.place(), message);
                &[(MULTIPART, MediaKind::Multipart)]
            }
            (true, true) if !has_file => &[(FORM, MediaKind::Form), (MULTIPART, MediaKind::Multipart)],
            (_, true) => &[(MULTIPART, MediaKind::Multipart)],
            (false, false) if has_file => &[(MULTIPART, MediaKind::Multipart)],
            (_, false) => &[(FORM, MediaKind::Form)],
        };
        let media = chosen.iter().map(|(media_type, kind)| Media {
            at: first.at.place(),
            media_type: (*media_type).to_owned(),
            kind: *kind,
            schema: Some(schema.clone()),
        });
        let media = media.collect();
        Some(self.made(first.at.clone(), String::new(), required, media))
    }

    fn made(&mut self, at: At<'a>, description: String, required: bool, mut media: Vec<Media>) -> Body {
        media.sort_by_key(crate::lower::body::rank);
        Body { at: at.place(), description, required, media }
    }

    /// In a form each item of a list is a field of its own; what asks for another form is said.
    fn report_lists(&mut self, field: &Given<'a>) {
        if !field.at.member("type").is_some_and(|kind| kind.value == "array") {
            return;
        }
        match field.at.member("collectionFormat") {
            Some(format) if format.value == "multi" => {}
            Some(format) => {
                let message =
                    "a list in a form is written as one field for each item: only `multi` is accepted";
                self.problems.error("collection-format", format.place(), message);
            }
            None => {
                let message = "a list in a form is written as one field for each item, not with commas: say `collectionFormat: multi`";
                self.problems.warning("collection-format", field.at.place(), message);
            }
        }
    }
}
