//! Tables for people: columns as wide as their widest cell. On a terminal that is narrower, the last column goes on in lines of its
//! own; in a file, or for another program, every row is one line.

use crate::terminal::{Paint, Tone, width};

/// What stands between columns.
const GAP: usize = 2;
/// Less room than this is none.
const LEAST: usize = 16;

/// The rows, of which the first says what the columns are, as they fit standard output.
pub(crate) fn fitted<const N: usize>(rows: &[[String; N]]) -> String {
    laid_out(rows, width(), Paint::of_output())
}

/// Whether each row has room on one line of standard output.
pub(crate) fn has_room<const N: usize>(rows: &[[String; N]]) -> bool {
    let whole = widths(rows).iter().sum::<usize>() + GAP * N.saturating_sub(1);
    width().is_none_or(|width| whole <= width)
}

/// The rows, each on one line.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut text = String::new();
    let widths = widths(rows);
    for row in rows {
        let padded: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn widths<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
}

fn laid_out<const N: usize>(rows: &[[String; N]], width: Option<usize>, paint: Paint) -> String {
    let before = widths(rows).iter().take(N.saturating_sub(1)).map(|width| width + GAP).sum::<usize>();
    let room = width.map(|width| width.saturating_sub(before));
    let folded = match room {
        Some(room) if room >= LEAST => folded(rows, room),
        _ => rows.to_vec(),
    };
    let text = columns(&folded);
    match text.split_once('\n') {
        Some((heading, rest)) => format!("{}\n{rest}", paint.put(Tone::Heading, heading)),
        None => text,
    }
}

/// The same rows, with more rows behind those whose last cell has no room.
fn folded<const N: usize>(rows: &[[String; N]], room: usize) -> Vec<[String; N]> {
    let mut all = Vec::new();
    for row in rows {
        let last = N.saturating_sub(1);
        let mut pieces = pieces(&row[last], room).into_iter();
        let mut first = row.clone();
        first[last] = pieces.next().unwrap_or_default();
        all.push(first);
        for piece in pieces {
            let mut more: [String; N] = std::array::from_fn(|_| String::new());
            more[last] = piece;
            all.push(more);
        }
    }
    all
}

/// A text in pieces that have room, broken between words where that can be.
fn pieces(text: &str, room: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut piece = String::new();
    for word in text.split(' ') {
        if !piece.is_empty() && piece.chars().count() + 1 + word.chars().count() > room {
            pieces.push(std::mem::take(&mut piece));
        }
        if !piece.is_empty() {
            piece.push(' ');
        }
        piece.push_str(word);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [[String; 2]; 3] {
        [["tool", "title"], ["get", "Read one of them and say so"], ["put", "Write"]]
            .map(|row| row.map(str::to_owned))
    }

    #[test]
    fn a_table_has_one_line_for_a_row_where_there_is_no_terminal() {
        let text = "tool  title\nget   Read one of them and say so\nput   Write\n";
        assert_eq!(laid_out(&rows(), None, Paint::plain()), text);
        assert_eq!(laid_out(&rows(), Some(33), Paint::plain()), text);
        assert_eq!(laid_out(&rows(), Some(10), Paint::plain()), text, "there is no room to fit it into");
    }

    #[test]
    fn on_a_terminal_the_last_column_goes_on_below_itself() {
        let text = "tool  title\nget   Read one of them and\n      say so\nput   Write\n";
        assert_eq!(laid_out(&rows(), Some(29), Paint::plain()), text);
    }
}
