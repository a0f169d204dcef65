//! How a shape hands its members to whoever writes them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::secret::Secret;

/// A structure that can be written. The generated shapes implement it.
pub trait Shape {
    /// Hands every member that is present to the writer, in the model's order, with the model's names.
    fn write(&self, writer: &mut dyn ShapeWriter);
}

/// The output of an operation that answers only metadata.
impl Shape for () {
    fn write(&self, _: &mut dyn ShapeWriter) {}
}

/// Takes a structure's members: as XML, as JSON, or as part of a CloudTrail record.
pub trait ShapeWriter {
    /// A string.
    fn text(&mut self, name: &'static str, value: &str);
    /// A string that goes to its owner and into no record.
    fn secret(&mut self, name: &'static str, value: &Secret);
    /// An integer.
    fn integer(&mut self, name: &'static str, value: i32);
    /// A boolean.
    fn boolean(&mut self, name: &'static str, value: bool);
    /// A point in time, written to the second.
    fn timestamp(&mut self, name: &'static str, value: Timestamp);
    /// A structure.
    fn structure(&mut self, name: &'static str, value: &dyn Shape);
    /// A list of strings.
    fn texts(&mut self, name: &'static str, values: &[String]);
    /// A map of strings, by key.
    fn entries(&mut self, name: &'static str, entries: &BTreeMap<String, String>);
    /// A map of integers, by key.
    fn counts(&mut self, name: &'static str, counts: &BTreeMap<String, i32>);
    /// A list of structures.
    fn structures(&mut self, name: &'static str, values: &mut dyn Iterator<Item = &dyn Shape>);
}
