//! Whether a text is well-formed XML that can be sent as UTF-8. A document type is refused: it could name entities that
//! grow without bound, or files of the machine that reads it.

use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// How deep elements may nest.
const DEPTH: usize = 256;

/// Why a text is no XML that can be sent.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut state = State::default();
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|error| at_byte(&error.to_string(), at))?;
        match event {
            Event::Eof => break,
            other => state.take(&other, at == 0).map_err(|message| at_byte(&message, at))?,
        }
    }
    match (state.depth, state.roots) {
        (0, 1) => Ok(()),
        (0, _) => Err("is no well-formed XML: exactly one element must hold all the others".to_owned()),
        _ => Err("is no well-formed XML: an element is not closed".to_owned()),
    }
}

fn at_byte(message: &str, at: u64) -> String {
    format!("is no well-formed XML at byte {at}: {message}")
}

#[derive(Default)]
struct State {
    depth: usize,
    roots: usize,
}

impl State {
    fn take(&mut self, event: &Event<'_>, is_first: bool) -> Result<(), String> {
        let is_inside = self.depth > 0;
        match event {
            Event::Start(start) => {
                self.open(start)?;
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(format!("at most {DEPTH} elements may stand in each other"));
                }
            }
            Event::Empty(start) => self.open(start)?,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Decl(declaration) if is_first => judge_declaration(declaration)?,
            Event::Decl(_) => return Err("the XML declaration stands first or nowhere".to_owned()),
            Event::DocType(_) => return Err("a document type is not accepted".to_owned()),
            Event::Text(text) => {
                if !is_inside && !text.trim().is_empty() {
                    return Err("text stands outside of the element that holds all the others".to_owned());
                }
                if text.contains("]]>") {
                    return Err("`]]>` must not stand in text".to_owned());
                }
            }
            Event::CData(_) | Event::GeneralRef(_) if !is_inside => {
                return Err("text stands outside of the element that holds all the others".to_owned());
            }
            Event::GeneralRef(reference) => {
                let name: &str = reference;
                let is_character = reference.resolve_char_ref().map_err(|error| error.to_string())?.is_some();
                if !is_character && !["lt", "gt", "amp", "quot", "apos"].contains(&name) {
                    return Err(format!("the entity `&{name};` is not declared"));
                }
            }
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.depth == 0 {
            self.roots += 1;
        }
        judge_name(start.name().as_ref())?;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            judge_name(attribute.key.as_ref())?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            if attribute.value.contains('<') {
                return Err(format!("`<` must not stand in an attribute's value: {value:?}"));
            }
        }
        Ok(())
    }
}

fn judge_name(name: &str) -> Result<(), String> {
    let starts = |first: char| first.is_ascii_alphabetic() || "_:".contains(first) || !first.is_ascii();
    let goes_on = |other: char| starts(other) || other.is_ascii_digit() || "-.".contains(other);
    match name.starts_with(starts) && name.chars().all(goes_on) {
        true => Ok(()),
        false => Err(format!("{name:?} is no name")),
    }
}

/// The body is sent as UTF-8, so it must not say otherwise.
fn judge_declaration(declaration: &BytesDecl<'_>) -> Result<(), String> {
    let Some(encoding) = declaration.encoding() else { return Ok(()) };
    let encoding = encoding.map_err(|error| error.to_string())?;
    match encoding.eq_ignore_ascii_case("utf-8") {
        true => Ok(()),
        false => Err("the XML declaration must say UTF-8, in which it is sent".to_owned()),
    }
}
