//! What is kept.

use std::collections::BTreeMap;

use crate::resp::{Command, Reply};

/// Keys and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Store(BTreeMap<String, String>);

impl Store {
    /// Carries a command out.
    pub fn execute(&mut self, command: &Command) -> Reply {
        match command {
            Command::Get(key) => Reply::Bulk(self.0.get(key).cloned()),
            Command::Set(key, value) => {
                self.0.insert(key.clone(), value.clone());
                Reply::Ok
            }
            Command::Incr(key) => {
                let value = self.0.get(key).map_or("0", String::as_str);
                match value.parse::<i64>().ok().and_then(|number| number.checked_add(1)) {
                    Some(number) => {
                        self.0.insert(key.clone(), number.to_string());
                        Reply::Integer(number)
                    }
                    None => Reply::Error("ERR value is not an integer or out of range".to_owned()),
                }
            }
        }
    }
}
