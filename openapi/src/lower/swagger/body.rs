//! Bodies of Swagger 2.0: the body parameter, or the form that all `formData` parameters make up together.

use indexmap::IndexMap;

use crate::held::{Held, Types};
use crate::ir::{Body, Encoding, EncodingStyle, Media, MediaKind, Style};
use crate::lower::{Reader, encoding};
use crate::shape::Form;
use crate::store::At;
use crate::version::Version;

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
        let mut encodings: IndexMap<String, Encoding> = IndexMap::new();
        for field in fields {
            let mut member = self.inline(field);
            member.remarks.description = field.description();
            has_file |= member.format.as_deref() == Some("binary");
            if field.is_required() {
                held.required.push(field.name.clone());
            }
            let default = self.default_type(&member, Version::V2_0, 2);
            let style = self.list_style(field);
            let encoding = Encoding { style, ..encoding::by_default(field.at.place(), default) };
            encodings.insert(field.name.clone(), encoding);
            held.properties.insert(field.name.clone(), member);
        }
        let required = !held.required.is_empty();
        let schema = self.lowered(&held);
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
            encoding: encodings.clone(),
            ..Media::plain(first.at.place(), (*media_type).to_owned(), *kind, Some(schema.clone()))
        });
        let media = media.collect();
        Some(self.made(first.at.clone(), String::new(), required, media))
    }

    fn made(&mut self, at: At<'a>, description: String, required: bool, mut media: Vec<Media>) -> Body {
        media.sort_by_key(crate::lower::body::rank);
        Body { at: at.place(), description, required, media }
    }

    /// How a list is written, by its `collectionFormat`: with commas where nothing is said.
    fn list_style(&mut self, field: &Given<'a>) -> Option<EncodingStyle> {
        if !field.at.member("type").is_some_and(|kind| kind.value == "array") {
            return None;
        }
        let format = field.at.member("collectionFormat");
        let (style, explode) = match format.as_ref().and_then(|format| format.value.as_str()).unwrap_or("csv")
        {
            "csv" => (Style::Form, false),
            "multi" => (Style::Form, true),
            "ssv" => (Style::SpaceDelimited, false),
            "pipes" => (Style::PipeDelimited, false),
            other => {
                let message = format!(
                    "`collectionFormat: {other}` cannot be written here: csv, ssv, pipes and multi are accepted; commas are written"
                );
                let place = format.map_or_else(|| field.at.place(), |format| format.place());
                self.problems.error("collection-format", place, message);
                (Style::Form, false)
            }
        };
        Some(EncodingStyle { style, explode, allow_reserved: false })
    }
}
