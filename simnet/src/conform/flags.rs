//! Sets of flags in files: `IN | ET`.

use bitflags::Flags;
use bitflags::parser::{from_str, to_writer};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<F: Flags<Bits = u32>, S: Serializer>(flags: &F, to: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    to_writer(flags, &mut text).map_err(serde::ser::Error::custom)?;
    to.serialize_str(&text)
}

pub(super) fn deserialize<'de, F: Flags<Bits = u32>, D: Deserializer<'de>>(from: D) -> Result<F, D::Error> {
    let text = String::deserialize(from)?;
    from_str(&text).map_err(|error| D::Error::custom(format!("`{text}`: {error}")))
}
