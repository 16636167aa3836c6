//! A Python `dict` with `str` keys, in the order of insertion.
//!
//! Small dicts, which nearly all are, are one vector, searched from the front. A large dict
//! also has an index of hashes with a seed per process, so that hostile keys can't make it
//! slow.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{Value, deep};
use crate::PyString;

/// The longest dict without an index.
const UNINDEXED: usize = 8;

/// One key and its value.
pub(crate) type Entry = (PyString, Value);

/// A Python `dict` with `str` keys, in the order of insertion.
///
/// ```
/// use pyjson::{Dict, Value, dumps};
///
/// let mut dict = Dict::new();
/// dict.insert("b", 1_i64);
/// dict.insert("a", true);
/// dict.insert("b", "again");
/// assert_eq!(dict.get("b"), Some(&Value::from("again")));
/// assert_eq!(dumps(&Value::from(dict)), r#"{"b": "again", "a": true}"#);
/// ```
#[derive(Default)]
pub struct Dict(Repr);

enum Repr {
    Small(Vec<Entry>),
    Large(Box<Large>),
}

impl Default for Repr {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

/// More than [`UNINDEXED`] entries, and the index of each key.
struct Large {
    entries: Vec<Entry>,
    positions: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

impl Large {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Vec::with_capacity(capacity),
            positions: HashTable::with_capacity(capacity),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// From entries with possibly repeated keys.
    fn new(entries: Vec<Entry>) -> Self {
        let mut large = Self::with_capacity(entries.len());
        for (key, value) in entries {
            large.set(key, value);
        }
        large
    }

    /// From entries with distinct keys.
    fn from_unique(entries: Vec<Entry>) -> Self {
        let mut large = Self::with_capacity(0);
        large.positions.reserve(entries.len(), |_| 0);
        for (position, (key, _)) in entries.iter().enumerate() {
            let hash = large.hasher.hash_one(key.as_generalized_utf8());
            large.positions.insert_unique(hash, position, |_| 0);
        }
        large.entries = entries;
        large
    }

    /// Adds a key or sets an existing one, and returns its old value.
    fn set(&mut self, key: PyString, value: Value) -> Option<Value> {
        let hash = self.hasher.hash_one(key.as_generalized_utf8());
        let Self { entries, positions, hasher } = self;
        let same = |p: &usize| entries.get(*p).is_some_and(|(other, _)| *other == key);
        if let Some(position) = positions.find(hash, same) {
            let (_, old) = entries.get_mut(*position)?;
            return Some(std::mem::replace(old, value));
        }
        let position = entries.len();
        entries.push((key, value));
        positions.insert_unique(hash, position, |p| hash_at(entries, hasher, *p));
        None
    }

    fn find(&self, key: &[u8]) -> Option<usize> {
        let same = |position: &usize| {
            self.entries.get(*position).is_some_and(|(k, _)| k.as_generalized_utf8() == key)
        };
        self.positions.find(self.hasher.hash_one(key), same).copied()
    }
}

/// The hash of the key at `position`.
fn hash_at(entries: &[Entry], hasher: &DefaultHashBuilder, position: usize) -> u64 {
    entries.get(position).map_or(0, |(key, _)| hasher.hash_one(key.as_generalized_utf8()))
}

impl Dict {
    /// The empty dict.
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Small(Vec::new()))
    }

    /// Sets `key` to `value` and returns the old value.
    ///
    /// As in Python, an existing key keeps its place (and its spelling) and gets the new
    /// value.
    pub fn insert(&mut self, key: impl Into<PyString>, value: impl Into<Value>) -> Option<Value> {
        self.set(key.into(), value.into())
    }

    /// [`insert`](Self::insert) without conversions.
    pub(crate) fn set(&mut self, key: PyString, value: Value) -> Option<Value> {
        match &mut self.0 {
            Repr::Small(entries) => {
                if let Some((_, old)) = entries.iter_mut().find(|(other, _)| *other == key) {
                    return Some(std::mem::replace(old, value));
                }
                entries.push((key, value));
                if entries.len() > UNINDEXED {
                    let entries = std::mem::take(entries);
                    self.0 = Repr::Large(Box::new(Large::from_unique(entries)));
                }
                None
            }
            Repr::Large(large) => large.set(key, value),
        }
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let position = self.find(key.as_bytes())?;
        self.entries().get(position).map(|(_, value)| value)
    }

    /// The value of `key`, mutable.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let position = self.find(key.as_bytes())?;
        self.entries_mut().get_mut(position).map(|(_, value)| value)
    }

    /// The value of a key that may hold surrogates.
    #[must_use]
    pub fn get_py(&self, key: &PyString) -> Option<&Value> {
        let position = self.find(key.as_generalized_utf8())?;
        self.entries().get(position).map(|(_, value)| value)
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key.as_bytes()).is_some()
    }

    /// Removes `key` and returns its value; the later keys move up. Slow in a large dict.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let position = self.find(key.as_bytes())?;
        let mut entries = std::mem::take(self).into_entries();
        let (_, value) = entries.remove(position);
        *self = Self::from_unique(entries);
        Some(value)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// The keys and values, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.entries().iter())
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &PyString> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// The values, in order, mutable.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.entries_mut().iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.0 {
            Repr::Small(entries) => entries,
            Repr::Large(large) => &large.entries,
        }
    }

    fn entries_mut(&mut self) -> &mut Vec<Entry> {
        match &mut self.0 {
            Repr::Small(entries) => entries,
            Repr::Large(large) => &mut large.entries,
        }
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        match self.0 {
            Repr::Small(entries) => entries,
            Repr::Large(large) => large.entries,
        }
    }

    /// From entries with distinct keys.
    pub(crate) fn from_unique(entries: Vec<Entry>) -> Self {
        Self(if entries.len() <= UNINDEXED {
            Repr::Small(entries)
        } else {
            Repr::Large(Box::new(Large::from_unique(entries)))
        })
    }

    /// From entries with possibly repeated keys.
    pub(crate) fn from_entries(mut entries: Vec<Entry>) -> Self {
        if entries.len() > UNINDEXED {
            return Self(Repr::Large(Box::new(Large::new(entries))));
        }
        let mut place = 1;
        while let Some((before, [(key, value), ..])) = entries.split_at_mut_checked(place) {
            if let Some((_, old)) = before.iter_mut().find(|(other, _)| other == key) {
                std::mem::swap(old, value);
                entries.remove(place);
            } else {
                place += 1;
            }
        }
        Self(Repr::Small(entries))
    }

    fn find(&self, key: &[u8]) -> Option<usize> {
        match &self.0 {
            Repr::Small(entries) => {
                entries.iter().position(|(k, _)| k.as_generalized_utf8() == key)
            }
            Repr::Large(large) => large.find(key),
        }
    }
}

impl Clone for Dict {
    fn clone(&self) -> Self {
        Self::from_unique(self.entries().to_vec())
    }
}

/// As in Python, the order of the keys does not matter.
impl PartialEq for Dict {
    fn eq(&self, other: &Self) -> bool {
        deep::dicts_equal(self, other)
    }
}

impl<K: Into<PyString>, V: Into<Value>> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut dict = Self::new();
        dict.extend(entries);
        dict
    }
}

impl<K: Into<PyString>, V: Into<Value>> Extend<(K, V)> for Dict {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.set(key.into(), value.into());
        }
    }
}

impl<K: Into<PyString>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Dict {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// The keys and values of a [`Dict`], in order.
#[derive(Clone, Debug)]
pub struct Iter<'a>(std::slice::Iter<'a, Entry>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a PyString, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Dict {
    type Item = (&'a PyString, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Dict {
    type Item = (PyString, Value);
    type IntoIter = std::vec::IntoIter<(PyString, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_entries().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_keeps_the_first_place_and_the_last_value_at_every_size() {
        for len in 1_i64..40 {
            let mut dict = Dict::new();
            for i in 0..len {
                assert_eq!(dict.insert(format!("key {i}"), i), None);
            }
            for i in 0..len {
                assert_eq!(dict.insert(format!("key {i}"), -i), Some(Value::from(i)));
            }
            let expected = (0..len).map(|i| (PyString::from(format!("key {i}")), Value::from(-i)));
            assert!(dict.clone().into_iter().eq(expected));
            assert_eq!(dict.get(&format!("key {}", len - 1)), Some(&Value::from(1 - len)));
            assert_eq!(dict.get("key"), None);
        }
    }

    #[test]
    fn remove_closes_the_gap() {
        let mut dict: Dict = (0_i64..20).map(|i| (i.to_string(), i)).collect();
        assert_eq!(dict.remove("3"), Some(Value::from(3_i64)));
        assert_eq!(dict.remove("3"), None);
        assert_eq!((dict.len(), dict.get("4")), (19, Some(&Value::from(4_i64))));
    }

    #[test]
    fn order_does_not_matter_to_equality() {
        let forth: Dict = (0_i64..20).map(|i| (i.to_string(), i)).collect();
        let back: Dict = (0_i64..20).rev().map(|i| (i.to_string(), i)).collect();
        assert_eq!(forth, back);
        assert_ne!(forth, Dict::from([("0", 0_i64)]));
    }

    /// Dicts without and with an index, near the length that decides between them.
    fn dicts() -> impl Iterator<Item = (i64, Dict)> {
        let dict = |len: i64| (0..len).map(|i| (format!("key {i}"), i)).collect();
        [0, 1, 2, 7, 8, 9, 10, 40].into_iter().map(move |len| (len, dict(len)))
    }

    #[test]
    fn a_key_is_found_in_its_place_and_no_other_key_is() {
        for (len, mut dict) in dicts() {
            assert_eq!((dict.len(), dict.is_empty()), (usize::try_from(len).unwrap(), len == 0));
            for i in 0..len {
                let key = format!("key {i}");
                assert!(dict.contains_key(&key));
                assert_eq!(dict.get(&key), Some(&Value::from(i)));
                assert_eq!(dict.get_py(&key.as_str().into()), Some(&Value::from(i)));
                let value = dict.get_mut(&key).unwrap();
                assert_eq!(std::mem::replace(value, Value::from(-i)), Value::from(i));
                assert_eq!(dict.get(&key), Some(&Value::from(-i)));
            }
            let surrogate = PyString::from_code_points([0xd800]).unwrap();
            assert_eq!((dict.get("key"), dict.get_py(&surrogate)), (None, None));
            assert_eq!(dict.get_mut("key"), None);
            assert!(!dict.contains_key("key"));
            dict.set(surrogate.clone(), Value::Null);
            assert_eq!(dict.get_py(&surrogate), Some(&Value::Null));
        }
    }

    #[test]
    fn entries_come_in_order_from_either_end() {
        for (len, mut dict) in dicts() {
            let entries: Vec<_> =
                (0..len).map(|i| (PyString::from(format!("key {i}")), Value::from(i))).collect();
            assert!(dict.keys().eq(entries.iter().map(|(key, _)| key)));
            assert!(dict.values().eq(entries.iter().map(|(_, value)| value)));
            assert!(dict.iter().eq(entries.iter().map(|(key, value)| (key, value))));
            assert!((&dict).into_iter().eq(dict.iter()));
            assert!(dict.iter().rev().eq(entries.iter().rev().map(|(key, value)| (key, value))));
            let mut iter = dict.iter();
            for left in (0..entries.len()).rev() {
                assert_eq!(iter.size_hint(), (left + 1, Some(left + 1)));
                iter.next();
            }
            assert_eq!((iter.len(), iter.size_hint(), iter.next()), (0, (0, Some(0)), None));
            for value in dict.values_mut() {
                *value = Value::from(vec![std::mem::take(value)]);
            }
            assert!(
                dict.values()
                    .eq(&(0..len).map(|i| Value::from(vec![i.into()])).collect::<Vec<_>>())
            );
            assert_eq!(dict.into_iter().len(), entries.len());
        }
    }

    #[test]
    fn a_dict_is_shown_as_its_json_text() {
        assert_eq!(format!("{:?}", Dict::from([("b", 1_i64), ("a", 2)])), r#"{"b": 1, "a": 2}"#);
    }

    #[test]
    fn a_dict_that_grows_past_the_limit_and_one_that_is_read_are_the_same() {
        for (_, dict) in dicts() {
            let read = Dict::from_entries(dict.entries().to_vec());
            assert_eq!(matches!(dict.0, Repr::Large(_)), dict.len() > UNINDEXED);
            assert_eq!(matches!(read.0, Repr::Large(_)), dict.len() > UNINDEXED);
            assert_eq!(matches!(dict.clone().0, Repr::Large(_)), dict.len() > UNINDEXED);
            assert!(read.into_iter().eq(dict));
        }
    }

    #[test]
    fn a_dict_takes_three_words() {
        assert_eq!(size_of::<Dict>(), 24);
    }
}
