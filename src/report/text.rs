//! Text for people, in the manner of rustc: what, where, the line itself, what to do; then one line of
//! counts.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Snippet as Source, Title};
use anstyle::{AnsiColor, Style as Ansi};

use crate::model::{Audit, Coverage, Finding, Gap, Location, Report, Severity, Snippet, Trend, Undecided};
use crate::report::format::{Context, Format, Style};
use crate::report::prose::{clean, counted, first_sentence, visible};
use crate::report::summary;

/// Gaps and related places that are listed unless the user asks for all.
const LISTED_GAPS: usize = 20;
const LISTED_RELATED: usize = 3;

/// Narrower than this, a shortened line says nothing.
const MIN_WIDTH: usize = 40;

/// From this column on, blanks before a mark would cost more than they are worth: minified JSON has columns
/// in the millions.
const FAR_COLUMN: usize = 2000;

/// The `text` format.
pub struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
        let style = context.style;
        let width = style.width.max(MIN_WIDTH);
        let renderer = if style.color { Renderer::styled() } else { Renderer::plain() }.term_width(width);
        for finding in &report.findings {
            writeln!(out, "{}\n", renderer.render(&groups(finding, width, style.verbose)))?;
        }
        write_gaps(&report.gaps, style, out)?;
        if style.verbose > 0 {
            write_undecided(&report.undecided, style, out)?;
        }
        if let Some(audit) = &report.audit {
            write_coverage(audit, style, out)?;
        }
        let mood = match report.worst() {
            Some(_) => Ansi::new().bold(),
            None => AnsiColor::Green.on_default().bold(),
        };
        let mood = painted(style, mood);
        write!(out, "{mood}{}{mood:#}", summary::line(report))?;
        if let Some(elapsed) = context.elapsed.filter(|_| style.verbose > 0) {
            write!(out, ", {:.2}s", elapsed.as_secs_f64())?;
        }
        writeln!(out)
    }
}

/// A finding as annotate-snippets wants it: itself, then one group for each related place.
fn groups(finding: &Finding, width: usize, verbose: u8) -> Vec<Group<'_>> {
    let rule = &finding.rule;
    let title = level(rule.severity).primary_title(clean(&finding.message)).id(clean(&rule.id));
    let mut first = place(title, &finding.location, width);
    if let Some(help) = first_sentence(&rule.remediation) {
        first = first.element(Level::HELP.message(clean(&help).into_owned()));
    }
    let listed = if verbose > 0 { usize::MAX } else { LISTED_RELATED };
    if let Some(hidden) = finding.related.len().checked_sub(listed).filter(|hidden| *hidden > 0) {
        first = first.element(Level::NOTE.message(format!(
            "{} (-v shows them)",
            counted(hidden as u64, "more related place", "more related places")
        )));
    }
    let related = finding.related.iter().take(listed).map(|related| {
        let title = Level::NOTE.secondary_title(clean(&related.message));
        place(title, &related.location, width)
    });
    std::iter::once(first).chain(related).collect()
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low => Level::INFO,
    }
    .with_name(severity.as_str())
}

/// `title`, the place and its line.
fn place<'a>(title: Title<'a>, location: &'a Location, width: usize) -> Group<'a> {
    let (file, start) = (clean(&location.file), location.region.start);
    let (number, column) = (start.line as usize, start.column as usize);
    let origin = Origin::path(file.clone()).line(number).char_column(column);
    let Some(snippet) = &location.snippet else { return title.element(origin) };
    let far = column > FAR_COLUMN;
    let (line, mark) = window(snippet, width, if far { width } else { column });
    let source = Source::source(line).line_start(number).annotation(AnnotationKind::Primary.span(mark));
    if far { title.element(origin).element(source) } else { title.element(source.path(file)) }
}

/// The part of the line around its mark, made harmless: annotate-snippets does the fine cut to the width,
/// but lays out all it is given. The mark starts at `column` (from 1), because annotate-snippets counts the
/// column it prints; blanks stand for what is left out before.
fn window(snippet: &Snippet, width: usize, column: usize) -> (String, Range<usize>) {
    let (text, mark) = (&snippet.text, &snippet.mark);
    let (Some(before), Some(marked), Some(after)) =
        (text.get(..mark.start), text.get(mark.clone()), text.get(mark.end..))
    else {
        return (text.chars().take(width).map(visible).collect(), 0..0);
    };
    let room = column.saturating_sub(1);
    let length = before.chars().count();
    let kept = length.min(room).min(width);
    let mut line = " ".repeat(room - kept);
    line.extend(before.chars().skip(length - kept).map(visible));
    let start = line.len();
    if let Some((cut, _)) = marked.char_indices().nth(width / 2) {
        line.push_str(&clean(&marked[..cut]));
        // What follows the mark would seem to stand right here, so it is left out.
        line.push('…');
        let end = line.len();
        return (line, start..end);
    }
    line.push_str(&clean(marked));
    let end = line.len();
    line.extend(after.chars().take(width).map(visible));
    (line, start..end)
}

fn write_gaps(gaps: &[Gap], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    let heading = painted(style, AnsiColor::Yellow.on_default().bold());
    writeln!(out, "{heading}could not be checked{heading:#}:")?;
    let listed = if style.verbose > 0 { usize::MAX } else { LISTED_GAPS };
    for gap in gaps.iter().take(listed) {
        writeln!(out, "  {}: {}", clean(&gap.subject), clean(&gap.reason))?;
    }
    if let Some(hidden) = gaps.len().checked_sub(listed).filter(|hidden| *hidden > 0) {
        writeln!(out, "  and {hidden} more (-v shows them)")?;
    }
    writeln!(out)
}

/// What policies could not decide, each reason once.
fn write_undecided(undecided: &[Undecided], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if undecided.is_empty() {
        return Ok(());
    }
    let heading = painted(style, AnsiColor::Yellow.on_default().bold());
    writeln!(out, "{heading}could not be decided{heading:#}:")?;
    for Undecided { rule, verdict, reason, count, file, line } in undecided {
        let times = counted(*count, "resource", "resources");
        let first = if *count == 1 { "at" } else { "first at" };
        let (rule, reason, file) = (clean(rule), clean(reason), clean(file));
        writeln!(out, "  {rule}: {reason} ({}, {times}, {first} {file}:{line})", verdict.as_str())?;
    }
    writeln!(out)
}

/// What was looked at: all in one line, every kind when asked for.
fn write_coverage(audit: &Audit, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let summed = |name: &str, rows: &dyn Fn(&&Coverage) -> bool| {
        let sum = |of: fn(&Coverage) -> u64| audit.coverage.iter().filter(rows).map(of).sum::<u64>();
        format!(
            "audited {}: {} live, {} compared, {} unknown",
            clean(name),
            counted(sum(|row| row.live), "object", "objects"),
            counted(sum(|row| row.compared), "declaration", "declarations"),
            sum(|row| row.unknown)
        )
    };
    // Those whose rows name them, each by itself; the others together.
    let is_named = |target: &&Arc<str>| audit.coverage.iter().any(|row| row.target.as_ref() == Some(*target));
    let (named, others): (Vec<_>, Vec<_>) = audit.targets.iter().partition(is_named);
    for target in named {
        writeln!(out, "{}", summed(target, &|row| row.target.as_ref() == Some(target)))?;
    }
    if !others.is_empty() {
        let together: Vec<&str> = others.iter().map(|target| &***target).collect();
        writeln!(out, "{}", summed(&together.join(", "), &|row| row.target.is_none()))?;
    }
    let classes: Vec<String> =
        audit.classes.iter().map(|(class, count)| format!("{count} {class}")).collect();
    if !classes.is_empty() {
        writeln!(out, "  {}", classes.join(", "))?;
    }
    for Gap { subject, reason } in &audit.not_looked_for {
        writeln!(out, "  not looked for in {}: {}", clean(subject), clean(reason))?;
    }
    if let Some(trend) = &audit.trend {
        let new = trend.iter().filter(|(_, trend)| *trend == Trend::New).count();
        let rest = trend.len() - new;
        writeln!(
            out,
            "  since the previous report: {new} new, {rest} persisting, {} resolved",
            audit.resolved.len()
        )?;
    }
    for row in audit.coverage.iter().filter(|row| style.verbose > 0 && row.declared + row.live > 0) {
        let Coverage { target, kind, declared, live, compared, unknown } = row;
        let target = target.as_ref().map(|target| format!("{}: ", clean(target))).unwrap_or_default();
        let kind = clean(kind);
        writeln!(
            out,
            "  {target}{kind}: {declared} declared, {live} live, {compared} compared, {unknown} unknown"
        )?;
    }
    writeln!(out)
}

fn painted(style: Style, ansi: Ansi) -> Ansi {
    if style.color { ansi } else { Ansi::new() }
}
