//! Everything that can be wrong with a configuration, gathered and drawn for people.
//!
//! Faults are collected, never thrown: `check` reports all of them in one go, each with its file,
//! line, column, a caret and what to do. Nothing here decides what is wrong; it only records and
//! draws.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};

use super::source::{Location, Sources};
use crate::ordered;

/// The kind of a fault, with a number that stays the same over versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The text is not TOML.
    Syntax,
    /// A key that no table of this kind has.
    UnknownKey,
    /// A value of another type than the key takes.
    WrongType,
    /// A value of the right type that is not allowed.
    InvalidValue,
    /// A key without which the table means nothing.
    MissingKey,
    /// A service or profile that is not defined.
    UnknownName,
    /// Services that wait for each other.
    Cycle,
    /// Two services on one address.
    PortClash,
    /// A gate on a service that cannot answer it.
    ImpossibleGate,
    /// Values that contradict each other.
    Contradiction,
    /// Something that must not run where `JUNIPER_ENV=production`.
    NotInProduction,
    /// A unit that is more exposed than it may be.
    OverBudget,
    /// A secret where everybody can read it; its value is not drawn.
    InTheOpen,
    /// A time-out that ends before what it waits for can have come.
    ShortTimeout,
}

impl Code {
    /// All of them, by number.
    pub const ALL: [Self; 14] = [
        Self::Syntax,
        Self::UnknownKey,
        Self::WrongType,
        Self::InvalidValue,
        Self::MissingKey,
        Self::UnknownName,
        Self::Cycle,
        Self::PortClash,
        Self::ImpossibleGate,
        Self::Contradiction,
        Self::NotInProduction,
        Self::OverBudget,
        Self::InTheOpen,
        Self::ShortTimeout,
    ];

    /// The stable number, as in `error[E004]`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Syntax => "E001",
            Self::UnknownKey => "E002",
            Self::WrongType => "E003",
            Self::InvalidValue => "E004",
            Self::MissingKey => "E005",
            Self::UnknownName => "E006",
            Self::Cycle => "E007",
            Self::PortClash => "E008",
            Self::ImpossibleGate => "E009",
            Self::Contradiction => "E010",
            Self::NotInProduction => "E011",
            Self::OverBudget => "E012",
            Self::InTheOpen => "E013",
            Self::ShortTimeout => "E014",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Its kind.
    pub code: Code,
    /// One line: what is wrong.
    pub title: String,
    /// Where, if a place in a file is to blame.
    pub at: Option<Location>,
    /// What stands beside the caret.
    pub label: String,
    /// The other place, where two contradict each other.
    pub also: Option<(Location, String)>,
    /// What to do now.
    pub help: Option<String>,
}

/// A fault that does not know its place yet: what a value parser returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// What stands beside the caret.
    pub label: String,
    /// What to do now.
    pub help: Option<String>,
    /// The part of the value that is to blame, where it is not the whole.
    pub span: Option<std::ops::Range<usize>>,
}

impl Problem {
    /// A value that is not allowed.
    pub fn invalid(label: impl Into<String>) -> Self {
        Self {
            code: Code::InvalidValue,
            label: label.into(),
            help: None,
            span: None,
        }
    }

    /// A value of another type than the key takes.
    #[must_use]
    pub fn wrong_type(expected: &str, found: &str) -> Self {
        Self {
            code: Code::WrongType,
            label: format!("expected {expected}, found {found}"),
            help: None,
            span: None,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, blaming a part of the value.
    #[must_use]
    pub fn at(mut self, span: std::ops::Range<usize>) -> Self {
        self.span = Some(span);
        self
    }
}

/// The faults found so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Records one.
    pub fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Records several.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults);
    }

    /// Whether the configuration is free of faults.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order of the files and lines they are about; placeless ones last.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Fault> {
        let mut faults: Vec<&Fault> = self.0.iter().collect();
        ordered::sort_by_key(&mut faults, |fault| {
            fault
                .at
                .as_ref()
                .map_or((1, None, 0), |at| (0, Some(at.source), at.span.start))
        });
        faults
    }
}

/// Draws one fault the way rustc draws its own, plain or coloured.
#[must_use]
pub fn drawn(fault: &Fault, sources: &Sources, coloured: bool) -> String {
    let renderer = if coloured {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
    .decor_style(DecorStyle::Ascii)
    .term_width(100);
    let mut group = Level::ERROR
        .primary_title(fault.title.as_str())
        .id(fault.code.id())
        .elements(Vec::<annotate_snippets::Message<'_>>::new());
    let places = [
        fault
            .at
            .as_ref()
            .map(|at| (at, fault.label.as_str(), AnnotationKind::Primary)),
        fault
            .also
            .as_ref()
            .map(|(at, label)| (at, label.as_str(), AnnotationKind::Context)),
    ];
    for (at, label, kind) in places.into_iter().flatten() {
        if let Some(source) = sources.get(at.source) {
            let (text, span, line) = source.lines_of(&at.span);
            let text = match fault.code {
                Code::InTheOpen => masked(text, span.clone()),
                _ => text.to_owned(),
            };
            group = group.element(
                Snippet::source(text)
                    .line_start(line)
                    .path(source.path.as_str())
                    .annotation(kind.span(span).label(label)),
            );
        }
    }
    if fault.at.is_none() && !fault.label.is_empty() {
        group = group.element(Level::NOTE.message(fault.label.as_str()));
    }
    if let Some(help) = &fault.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group]).clone()
}

/// The text with asterisks in place of each byte of a stretch, so that places in it stay the same.
fn masked(text: &str, span: std::ops::Range<usize>) -> String {
    let (Some(before), Some(after)) = (text.get(..span.start), text.get(span.end..)) else {
        return String::new();
    };
    format!("{before}{}{after}", "*".repeat(span.len()))
}
