//! Live state from files of AWS Config, without any credentials: snapshots, histories, events, and what
//! `aws configservice` prints.
//!
//! Items are taken in one by one as a file is read. A file that cannot be read to the end is a gap, and then
//! nothing in it counts as complete.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::collect::Collector;
use super::item::{Odd, Record};
use super::meter::Meter;
use super::{Covered, Inventory, Reach, Source, folder};
use crate::aws::Scope;
use crate::model::Gap;

/// How deep texts of JSON may lie within texts of JSON.
const MAX_NESTED: u8 = 4;

/// Reads files, and all that folders hold, into one inventory; `-` is standard input.
pub fn read_snapshots(paths: &[PathBuf]) -> Inventory {
    let mut reader = Reader::default();
    for path in paths {
        if path.as_os_str() == "-" {
            reader.file("standard input", &mut io::stdin().lock());
            continue;
        }
        for found in folder::files(path) {
            match found.and_then(|path| File::open(&path).map(|file| (path, file))) {
                Ok((path, mut file)) => reader.file(&path.display().to_string(), &mut file),
                Err(problem) => reader.gap(&path.display().to_string(), &problem),
            }
        }
    }
    reader.finish()
}

/// Reads one stream into an inventory; `name` stands for it in gaps.
pub fn read_snapshot(name: &str, input: &mut dyn Read) -> Inventory {
    let mut reader = Reader::default();
    reader.file(name, input);
    reader.finish()
}

#[derive(Default)]
struct Reader {
    items: Collector,
    coverage: BTreeMap<(Scope, Option<Arc<str>>), Reach>,
    gaps: Vec<Gap>,
}

impl Reader {
    fn gap(&mut self, subject: &str, problem: &dyn fmt::Display) {
        self.gaps.push(Gap { subject: subject.to_owned(), reason: problem.to_string() });
    }

    fn file(&mut self, name: &str, input: &mut dyn Read) {
        let mut contents = Contents {
            items: &mut self.items,
            home: folder::home(name),
            read: Rc::default(),
            is_snapshot: false,
            has_envelope: false,
            kinds: BTreeMap::new(),
            odd: BTreeMap::new(),
        };
        let read = contents.read(input);
        let Contents { is_snapshot, has_envelope, kinds, odd, .. } = contents;
        let is_whole = read.is_ok();
        if let Err(problem) = read {
            self.gap(
                name,
                &format_args!("the configuration items in it could not be read to the end: {problem}"),
            );
        } else if kinds.is_empty() && odd.is_empty() && !has_envelope {
            self.gap(name, &"it holds no configuration items of AWS Config");
        }
        for (odd, count) in odd {
            let reason = format!("{count} configuration items are left out, which name {}", odd.as_str());
            self.gap(name, &reason);
        }
        let is_snapshot = is_snapshot && !folder::is_history(name);
        for ((scope, kind), is_recorded) in kinds {
            let (of_kind, of_others) = match (is_snapshot, is_whole) {
                (true, true) if is_recorded => (Reach::Complete, Reach::Unread(NOT_IN_SNAPSHOT.to_owned())),
                (true, true) => {
                    (Reach::Partial(NOT_RECORDED.to_owned()), Reach::Unread(NOT_IN_SNAPSHOT.to_owned()))
                }
                (true, false) => (Reach::Partial(CUT.to_owned()), Reach::Partial(CUT.to_owned())),
                (false, _) => {
                    (Reach::Partial(NO_SNAPSHOT.to_owned()), Reach::Partial(NO_SNAPSHOT.to_owned()))
                }
            };
            self.cover(scope.clone(), Some(kind), of_kind);
            self.cover(scope, None, of_others);
        }
    }

    /// Notes how far a type was read; of several files the one that tells most counts.
    fn cover(&mut self, scope: Scope, kind: Option<Arc<str>>, reach: Reach) {
        let known = self.coverage.entry((scope, kind)).or_insert_with(|| reach.clone());
        if reach.is_further_than(known) {
            *known = reach;
        }
    }

    fn finish(self) -> Inventory {
        let covered = |((scope, kind), reach)| Covered { scope, source: Source::Config, kind, reach };
        Inventory {
            items: self.items.finish(),
            stacks: Vec::new(),
            coverage: self.coverage.into_iter().map(covered).collect(),
            gaps: self.gaps,
        }
    }
}

const NOT_IN_SNAPSHOT: &str = "the snapshot holds nothing of the type, so AWS Config may not record it";
const NOT_RECORDED: &str = "AWS Config does not record the type";
const NO_SNAPSHOT: &str = "the file is no snapshot of AWS Config and need not hold everything";
const CUT: &str = "the snapshot could not be read to the end";

/// What is in one file.
struct Contents<'r> {
    items: &'r mut Collector,
    /// Account and region by the name of the file.
    home: Option<Scope>,
    read: Rc<Cell<usize>>,
    /// Whether it says that it is a snapshot.
    is_snapshot: bool,
    /// Whether there is a list of items, be it empty.
    has_envelope: bool,
    /// The types in it, and whether AWS Config records them.
    kinds: BTreeMap<(Scope, Arc<str>), bool>,
    odd: BTreeMap<Odd, usize>,
}

impl Contents<'_> {
    fn read(&mut self, input: &mut dyn Read) -> serde_json::Result<()> {
        let input = Meter::new(folder::unpacked(input).map_err(serde_json::Error::io)?, self.read.clone());
        let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(64 << 10, input));
        // One after the other, as a stream of events is kept.
        loop {
            Walk { contents: self, nested: 0 }.deserialize(&mut json)?;
            if json.end().is_ok() {
                return Ok(());
            }
        }
    }

    fn item(&mut self, record: Record) {
        self.read.set(0);
        match record.finish(self.home.as_ref()) {
            Ok(told) => {
                let of = (told.item.scope.clone(), told.item.kind.clone());
                *self.kinds.entry(of).or_insert(true) &= told.is_recorded;
                self.items.add(told);
            }
            Err(odd) => *self.odd.entry(odd).or_default() += 1,
        }
    }
}

/// Looks for configuration items in a value: it is one, or an envelope around some.
struct Walk<'w, 'r> {
    contents: &'w mut Contents<'r>,
    /// How many texts of JSON it lies in.
    nested: u8,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { contents, nested } = self;
        let mut record = Record::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                // Lists of items: files, the API and its aggregators, queries.
                "configurationItems" | "baseConfigurationItems" | "BaseConfigurationItems" | "Results" => {
                    contents.has_envelope = true;
                    map.next_value_seed(Walk { contents: &mut *contents, nested })?;
                }
                // Events: to a rule, to a topic, to a bus; an answer as a tool recorded it.
                "configurationItem" | "invokingEvent" | "Message" | "detail" | "data" => {
                    map.next_value_seed(Walk { contents: &mut *contents, nested })?;
                }
                "configSnapshotId" | "requestId" => {
                    contents.is_snapshot = true;
                    map.next_value::<IgnoredAny>()?;
                }
                key if Record::knows(key) => record.set(key, map.next_value::<Box<RawValue>>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if record.is_item {
            contents.item(record);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { contents, nested } = self;
        while list.next_element_seed(Walk { contents: &mut *contents, nested })?.is_some() {}
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if self.nested < MAX_NESTED && text.trim_start().starts_with('{') {
            let mut json = serde_json::Deserializer::from_str(text);
            Walk { contents: self.contents, nested: self.nested + 1 }
                .deserialize(&mut json)
                .map_err(E::custom)?;
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
