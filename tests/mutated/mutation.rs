//! One mutated file from its number.

use std::fmt::Write as _;

use crate::corpus::{Corpus, last_part};
use crate::random::Random;

/// Values that are at or beyond some limit, or mean something to somebody.
const VALUES: [&str; 44] = [
    "0",
    "1",
    "-1",
    "64",
    "65",
    "1024",
    "65535",
    "65536",
    "9223372036854775807",
    "0x1F90",
    "1_000",
    "1.5",
    "nan",
    "-inf",
    "10.0",
    "true",
    "false",
    "\"\"",
    "\" \"",
    "\"0s\"",
    "\"1ms\"",
    "\"365d\"",
    "\"366d\"",
    "\"none\"",
    "\"all\"",
    "\"1M\"",
    "\"16777215T\"",
    "\"/\"",
    "\"/a b/%n/$HOME\"",
    "\"/x;y\"",
    "\"\\\\\"",
    "\"a\\u0007b\"",
    "\"\\u202e\"",
    "\"ü漢🦀\"",
    "'''\na\n'''",
    "[]",
    "[0]",
    "[\"/bin/true\", \"%i\", \"$x\", \"'\", \"\\\"\"]",
    "{}",
    "{ path = \"/x\" }",
    "1979-05-27T07:32:00Z",
    "\"::1\"",
    "\"0.0.0.0\"",
    "\"self.state/x\"",
];

/// Characters that mean something to TOML, systemd, a shell or a terminal.
const CHARACTERS: [char; 24] = [
    '"', '\'', '\\', '=', '[', ']', '{', '}', '.', ',', '#', '\n', '\t', '\0', '\u{1b}', '%', '$',
    '/', '-', '@', '\u{202e}', 'ß', '9', ' ',
];

/// The texts of one file and its drop-in, where it has one.
pub(crate) fn texts(number: u64, corpus: &Corpus) -> Vec<String> {
    let mut random = Random::of(number);
    let mut texts = vec![text(&mut random, corpus)];
    if random.once_in(5) {
        texts.push(text(&mut random, corpus));
    }
    texts
}

fn text(random: &mut Random, corpus: &Corpus) -> String {
    let refused = corpus.files.len() - corpus.taken;
    // What is taken already has further to go.
    let begin = if random.once_in(5) {
        random.below(refused)
    } else {
        refused + random.below(corpus.taken)
    };
    let mut text = corpus.files[begin].clone();
    for _ in 0..=random.below(3) {
        mutate(&mut text, random, corpus);
    }
    text
}

fn mutate(text: &mut String, random: &mut Random, corpus: &Corpus) {
    match random.below(20) {
        0..=8 => on_a_line(text, random, |line, random| {
            let Some((key, _)) = line.split_once('=') else {
                return;
            };
            let value = match (random.below(6), corpus.values_of.get(&last_part(key))) {
                (0, _) => VALUES[random.below(VALUES.len())],
                // What stands under this key elsewhere is taken more often than not.
                (1..=4, Some(values)) => random.one_of(values),
                _ => random.one_of(&corpus.values),
            };
            *line = format!("{key}= {value}");
        }),
        9 => on_a_line(text, random, |line, random| {
            let words: Vec<String> = words(line);
            if !words.is_empty() {
                let other = random.one_of(&corpus.words);
                *line = line.replacen(random.one_of(&words).as_str(), other, 1);
            }
        }),
        10 => on_a_line(text, random, |line, _| line.clear()),
        11 => on_a_line(text, random, |line, random| {
            let _ = write!(line, "\n{}", random.one_of(&corpus.lines));
        }),
        12 => on_a_line(text, random, |line, _| *line = format!("{line}\n{line}")),
        13..=15 => {
            text.push('\n');
            *text += random.one_of(&corpus.tables).as_str();
        }
        16 => {
            for _ in 0..=random.below(3) {
                on_a_character(text, random);
            }
        }
        17 => {
            let end = boundary(text, random.below(text.len() + 1));
            text.truncate(end);
        }
        18 => number(text, random),
        _ => rare(text, random),
    }
}

/// Another number in the place of one.
fn number(text: &mut String, random: &mut Random) {
    let digits: Vec<(usize, usize)> = text
        .char_indices()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(at, _)| (at, at + 1))
        .collect();
    if !digits.is_empty() {
        let (from, to) = digits[random.below(digits.len())];
        let other = random.below(120).to_string();
        text.replace_range(from..to, &other);
    }
}

/// What takes room or depth.
fn rare(text: &mut String, random: &mut Random) {
    let many = [100, 1_000, 70_000][random.below(3)];
    let addition = match random.below(6) {
        0 => format!("\nenvironment.LONG = \"{}\"\n", "x".repeat(many)),
        1 => format!("\nx = {}{}\n", "[".repeat(many), "]".repeat(many)),
        2 => format!("\nx{} = 1\n", ".x".repeat(many / 10)),
        3 => format!(
            "\nx = {}1{}\n",
            "{ x = ".repeat(many / 10),
            " }".repeat(many / 10)
        ),
        4 => (0..many / 100).fold(String::new(), |mut all, index| {
            let _ = write!(
                all,
                "\n[services.many{index}]\ncommand = [\"/bin/true\"]\nport = {}\n",
                20_000 + index
            );
            all
        }),
        _ => text.repeat(2),
    };
    text.push_str(&addition);
}

fn words(line: &str) -> Vec<String> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
        .filter(|word| word.len() > 1)
        .map(str::to_owned)
        .collect()
}

fn on_a_line(
    text: &mut String,
    random: &mut Random,
    change: impl FnOnce(&mut String, &mut Random),
) {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return;
    }
    // Comments are many and mean nothing: look for something else a few times.
    let mut index = random.below(lines.len());
    for _ in 0..4 {
        if lines[index].is_empty() || lines[index].starts_with('#') {
            index = random.below(lines.len());
        }
    }
    change(&mut lines[index], random);
    *text = lines.join("\n") + "\n";
}

fn on_a_character(text: &mut String, random: &mut Random) {
    let at = boundary(text, random.below(text.len() + 1));
    let character = *random.one_of(&CHARACTERS);
    match random.below(3) {
        0 => text.insert(at, character),
        1 if at < text.len() => {
            text.remove(at);
        }
        _ if at < text.len() => {
            text.remove(at);
            text.insert(at, character);
        }
        _ => text.push(character),
    }
}

/// The nearest place before that is between two characters.
fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
