//! The parts of a botocore service model that shapes are made of.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A `service-2.json`.
#[derive(Deserialize)]
pub(super) struct Model {
    pub(super) metadata: Metadata,
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) protocol: String,
    pub(super) service_full_name: String,
    pub(super) xml_namespace: Option<String>,
    pub(super) target_prefix: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Operation {
    pub(super) http: Option<Http>,
    pub(super) input: Option<Target>,
    pub(super) output: Option<Target>,
    #[serde(default)]
    pub(super) errors: Vec<Target>,
}

/// Where an operation of a REST service is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http {
    pub(super) method: String,
    pub(super) request_uri: String,
}

/// A reference to a shape. A wire name of its own is refused in bodies: no chosen operation has one.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) shape: String,
    pub(super) result_wrapper: Option<String>,
    location_name: Option<String>,
    location: Option<String>,
    /// Whether the member is ours, and in no model.
    #[serde(skip)]
    pub(super) added: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) required: BTreeSet<String>,
    #[serde(default, deserialize_with = "in_order")]
    pub(super) members: Vec<(String, Target)>,
    member: Option<Target>,
    key: Option<Target>,
    value: Option<Target>,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) pattern: Option<String>,
    #[serde(default, rename = "enum")]
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    flattened: bool,
    pub(super) error: Option<ErrorTrait>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorTrait {
    pub(super) code: Option<String>,
    pub(super) http_status_code: u16,
    #[serde(default)]
    pub(super) sender_fault: bool,
}

impl Model {
    pub(super) fn operation(&self, name: &str) -> Result<&Operation> {
        self.operations
            .get(name)
            .with_context(|| format!("the model has no operation {name}"))
    }

    /// The names of all operations.
    pub(super) fn operation_names(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    pub(super) fn shape(&self, name: &str) -> Result<&Shape> {
        self.shapes
            .get(name)
            .with_context(|| format!("the model has no shape {name}"))
    }

    /// Gives a structure one more member, of a shape of the model, written last.
    pub(super) fn add(&mut self, structure: &str, member: &str, shape: &str) -> Result<()> {
        self.shape(shape)?;
        let members = &mut self
            .shapes
            .get_mut(structure)
            .with_context(|| format!("the model has no shape {structure}"))?
            .members;
        if members.iter().any(|(name, _)| name == member) {
            bail!("{structure} has a member {member} of its own");
        }
        let target = Target {
            shape: shape.to_owned(),
            result_wrapper: None,
            location_name: None,
            location: None,
            added: true,
        };
        members.push((member.to_owned(), target));
        Ok(())
    }

    /// The shapes of a map's keys and values.
    pub(super) fn entry<'m>(&'m self, map: &'m Shape) -> Result<(&'m Target, &'m Target)> {
        let key = map.key.as_ref().context("a map has no key")?;
        let value = map.value.as_ref().context("a map has no value")?;
        Ok((key, value))
    }

    /// What a map holds: `string` or `integer`. Its keys are strings.
    pub(super) fn map_values(&self, map: &Shape) -> Result<&str> {
        let mut kinds = Vec::new();
        for target in [&map.key, &map.value] {
            let target = target.as_ref().context("a map has no key or no value")?;
            if map.flattened || target.location_name.is_some() {
                bail!("a map is not written as `entry`s, which the generator does not know");
            }
            kinds.push(self.shape(&target.shape)?.kind.as_str());
        }
        match kinds.as_slice() {
            ["string", value @ ("string" | "integer")] => Ok(value),
            _ => {
                bail!("a map is not one of strings or integers, which the generator does not know")
            }
        }
    }

    /// The shape of a list's items.
    pub(super) fn item<'m>(&'m self, list: &'m Shape) -> Result<&'m Target> {
        let item = list.member.as_ref().context("a list has no member")?;
        if list.flattened
            || item
                .location_name
                .as_deref()
                .is_some_and(|name| name != "member")
        {
            bail!("a list is not written as `member`s, which the generator does not know");
        }
        Ok(item)
    }

    /// Every shape that can be reached from `roots`, themselves included.
    pub(super) fn reachable<'m>(
        &'m self,
        roots: impl Iterator<Item = &'m Target>,
    ) -> Result<BTreeSet<&'m str>> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Target> = roots.collect();
        while let Some(target) = next.pop() {
            if !reached.insert(target.shape.as_str()) {
                continue;
            }
            let shape = self.shape(&target.shape)?;
            match shape.kind.as_str() {
                "structure" => {
                    for (name, member) in &shape.members {
                        if member.location_name.is_some() && member.place().is_none() {
                            bail!(
                                "{}.{name} has a wire name of its own, which the generator does not know",
                                target.shape
                            );
                        }
                        next.push(member);
                    }
                }
                "list" => next.push(self.item(shape)?),
                "map" => {
                    self.map_values(shape)?;
                    let (key, value) = self.entry(shape)?;
                    next.extend([key, value]);
                }
                "string" | "blob" | "integer" | "boolean" | "timestamp" => {}
                other => bail!(
                    "{} is a {other}, which the generator does not know",
                    target.shape
                ),
            }
        }
        Ok(reached)
    }
}

impl Target {
    /// Where in a request to a REST service the member stands when it isn't in the body: `uri` or `querystring`, and
    /// its name there.
    pub(super) fn place(&self) -> Option<(&str, &str)> {
        Some((self.location.as_deref()?, self.location_name.as_deref()?))
    }
}

/// A JSON object's members in the order of the file, which is the order in which AWS writes them.
fn in_order<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, Target)>, D::Error> {
    struct Members;
    impl<'de> serde::de::Visitor<'de> for Members {
        type Value = Vec<(String, Target)>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the members of a structure")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    deserializer.deserialize_map(Members)
}
