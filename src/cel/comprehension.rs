//! Loops: `all`, `exists`, `map`, `filter` and their relatives, over lists and maps.

use super::compare::{compare, sort_order};
use super::error::Error;
use super::eval::{Frame, no_condition};
use super::ir::{Loop, LoopKind};
use super::map::Map;
use super::number::Answer;
use super::scope::Limits;
use super::value::Value;
use super::view::{Items, Pairs};

/// What a loop runs over.
#[derive(Clone, Copy)]
pub enum Range<'a> {
    Items(Items<'a>),
    Pairs(Pairs<'a>),
}

impl<'a> Range<'a> {
    /// The elements of a resolved value.
    pub fn of(value: Value<'a>) -> Option<Self> {
        Items::of(value).map(Self::Items).or_else(|| Pairs::of(value).map(Self::Pairs))
    }
}

/// One element of a range as a loop's variables see it.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    pub first: Value<'a>,
    pub second: Option<Value<'a>>,
    /// The item or the entry's value.
    pub content: Value<'a>,
}

impl<'a> Range<'a> {
    /// The elements in order, as one or two variables see them.
    pub fn elements(self, pairs: bool) -> impl Iterator<Item = Element<'a>> {
        let (items, entries) = match self {
            Self::Items(items) => (Some(items), None),
            Self::Pairs(entries) => (None, Some(entries)),
        };
        let items = items.into_iter().flat_map(Items::iter).zip(0i64..).map(move |(item, index)| Element {
            first: if pairs { Value::Int(index) } else { item },
            second: pairs.then_some(item),
            content: item,
        });
        let entries = entries.into_iter().flat_map(Pairs::iter).map(move |(key, value)| Element {
            first: key,
            second: pairs.then_some(value),
            content: value,
        });
        items.chain(entries)
    }
}

/// What the loop goes on with after a round.
enum Next<'a> {
    More,
    Done(Answer<'a>),
}

impl<'a> Frame<'a, '_> {
    /// The result of a loop.
    pub fn run_loop(&self, each: &'a Loop) -> Answer<'a> {
        let range = self.scope.resolve(self.eval(&each.range)?);
        if let Value::Unknown(_) = range {
            return Ok(range);
        }
        let Some(range) = Range::of(range) else { return Err(Error::NoSuchOverload("a loop's range")) };
        match each.kind {
            LoopKind::All => self.quantify(each, range, false),
            LoopKind::Exists => self.quantify(each, range, true),
            LoopKind::ExistsOne => self.exists_one(each, range),
            LoopKind::List => self.collect(each, range),
            LoopKind::Values | LoopKind::Entries => self.collect_map(each, range),
            LoopKind::Sort => self.sort(each, range),
        }
    }

    /// Binds each element in turn and runs `round`, until it is done.
    fn rounds(
        &self,
        each: &'a Loop,
        range: Range<'a>,
        mut round: impl FnMut(Value<'a>) -> Next<'a>,
    ) -> Option<Answer<'a>> {
        let mut run = |first: Value<'a>, second: Option<Value<'a>>| {
            if let Err(error) = self.scope.spend(each.cost) {
                return Some(Err(error));
            }
            self.set_local(each.slot, first);
            if let Some(second) = second {
                self.set_local(each.slot + 1, second);
            }
            match round(first) {
                Next::More => None,
                Next::Done(answer) => Some(answer),
            }
        };
        match range {
            Range::Items(items) if each.pairs => {
                (0i64..).zip(items.iter()).find_map(|(index, item)| run(Value::Int(index), Some(item)))
            }
            Range::Items(Items::Node(node)) => node.items().find_map(|item| run(Value::Node(item), None)),
            Range::Items(Items::Values(items)) => items.iter().find_map(|item| run(*item, None)),
            Range::Pairs(pairs) => {
                pairs.iter().find_map(|(key, value)| run(key, each.pairs.then_some(value)))
            }
        }
    }

    /// `all` and `exists`: one `decisive` element settles it, whatever the others do.
    fn quantify(&self, each: &'a Loop, range: Range<'a>, decisive: bool) -> Answer<'a> {
        let mut unsettled: Option<Answer<'a>> = None;
        let done = self.rounds(each, range, |_| {
            let answer = match self.condition(&each.body) {
                Ok(value) if value == decisive => return Next::Done(Ok(Value::Bool(decisive))),
                Ok(_) => return Next::More,
                Err(Err(Error::Fuel)) => return Next::Done(Err(Error::Fuel)),
                Err(other) => no_condition(other, "a predicate"),
            };
            if !matches!(unsettled, Some(Ok(_))) && (unsettled.is_none() || answer.is_ok()) {
                unsettled = Some(answer);
            }
            Next::More
        });
        done.or(unsettled).unwrap_or(Ok(Value::Bool(!decisive)))
    }

    /// `exists_one` looks at every element and absorbs nothing.
    fn exists_one(&self, each: &'a Loop, range: Range<'a>) -> Answer<'a> {
        let mut count = 0usize;
        let done = self.rounds(each, range, |_| match self.condition(&each.body) {
            Ok(holds) => {
                count += usize::from(holds);
                Next::More
            }
            Err(other) => Next::Done(no_condition(other, "a predicate")),
        });
        done.unwrap_or(Ok(Value::Bool(count == 1)))
    }

    /// Runs the rounds whose element passes the filter; an unknown filter makes the result unknown.
    fn filtered(
        &self,
        each: &'a Loop,
        range: Range<'a>,
        mut round: impl FnMut(Value<'a>) -> Next<'a>,
    ) -> Option<Answer<'a>> {
        self.rounds(each, range, |first| match &each.filter {
            None => round(first),
            Some(filter) => match self.condition(filter) {
                Ok(true) => round(first),
                Ok(false) => Next::More,
                Err(other) => Next::Done(no_condition(other, "a predicate")),
            },
        })
    }

    fn collect(&self, each: &'a Loop, range: Range<'a>) -> Answer<'a> {
        let mut values = Vec::new();
        let done = self.filtered(each, range, |_| match self.eval(&each.body) {
            Ok(_) if values.len() >= Limits::DEFAULT.list => Next::Done(Err(Error::TooLarge)),
            Ok(value) => {
                values.push(value);
                Next::More
            }
            Err(error) => Next::Done(Err(error)),
        });
        done.unwrap_or_else(|| Ok(Value::List(self.scope.arena().alloc_slice_copy(&values))))
    }

    fn collect_map(&self, each: &'a Loop, range: Range<'a>) -> Answer<'a> {
        let mut entries = Vec::new();
        let done = self.filtered(each, range, |key| match self.eval(&each.body) {
            Ok(_) if entries.len() >= Limits::DEFAULT.list => Next::Done(Err(Error::TooLarge)),
            Ok(value) if each.kind == LoopKind::Values => {
                entries.push((key, value));
                Next::More
            }
            Ok(value) => match Pairs::of(self.scope.resolve(value)) {
                Some(pairs) => {
                    entries.extend(pairs.iter());
                    Next::More
                }
                None => Next::Done(Err(Error::NoSuchOverload("transformMapEntry"))),
            },
            Err(error) => Next::Done(Err(error)),
        });
        done.unwrap_or_else(|| Map::new(&entries, self.scope.arena()).map(Value::Map).ok_or(Error::BadKey))
    }

    fn sort(&self, each: &'a Loop, range: Range<'a>) -> Answer<'a> {
        let mut keyed: Vec<(Value<'a>, Value<'a>)> = Vec::new();
        let done = self.rounds(each, range, |item| match self.eval(&each.body) {
            Ok(key) => match self.scope.resolve(key) {
                unknown @ Value::Unknown(_) => Next::Done(Ok(unknown)),
                key => {
                    keyed.push((key, item));
                    Next::More
                }
            },
            Err(error) => Next::Done(Err(error)),
        });
        if let Some(done) = done {
            return done;
        }
        let keys: Vec<Value<'a>> = keyed.iter().map(|(key, _)| *key).collect();
        sortable(&keys)?;
        self.scope.spend(keys.len() as u64)?;
        keyed.sort_by(|(a, _), (b, _)| sort_order(*a, *b));
        let items: Vec<Value<'a>> = keyed.into_iter().map(|(_, item)| item).collect();
        Ok(Value::List(self.scope.arena().alloc_slice_copy(&items)))
    }
}

/// Checks that resolved values are of one type that has an order.
pub fn sortable<'a>(values: &[Value<'a>]) -> Result<(), Error<'a>> {
    let Some((first, rest)) = values.split_first() else { return Ok(()) };
    let same = |value: &Value<'a>| std::mem::discriminant(value) == std::mem::discriminant(first);
    if compare(*first, *first).is_some() && rest.iter().all(same) {
        return Ok(());
    }
    Err(Error::NoSuchOverload("sort"))
}
