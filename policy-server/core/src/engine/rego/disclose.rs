//! Classes of data that modules reveal or restore: the sets `reveal` and `restore` of class names.
//!
//! A name stands for its class and all below it. Undefined is nothing, and so is an error.

use portcullis_protocol::redact::Class;
use regorus::Value;

use super::{Engine, RESTORE, REVEAL, input};
use crate::disclosure::{Asker, Wish};
use crate::engine::Fault;

/// Whether any module adds to the sets of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Disclosing {
    pub(super) reveal: bool,
    pub(super) restore: bool,
}

impl Engine {
    /// Whether any module reveals or restores data.
    #[must_use]
    pub const fn discloses(&self) -> bool {
        self.disclosing.reveal || self.disclosing.restore
    }

    /// Which of these classes the wish is granted for.
    ///
    /// # Errors
    /// The modules fail, or a set holds something else than names.
    pub fn granted(
        &self,
        asker: Asker<'_>,
        wish: Wish<'_>,
        classes: &[Class],
    ) -> Result<Vec<Class>, Fault> {
        let (some, set, rule) = match wish {
            Wish::Reveal(_) => (self.disclosing.reveal, "reveal", REVEAL),
            Wish::Restore { .. } => (self.disclosing.restore, "restore", RESTORE),
        };
        if !some {
            return Ok(Vec::new());
        }
        let said = self.evaluate(rule, &input::wish(asker, wish))?;
        let wrong = |wrong| Fault::UnfitElement { set, wrong };
        let names = said.as_set().map_err(|_| wrong("is in no set"))?;
        let name = |value: &Value| match value {
            Value::String(name) => Ok(name.to_string()),
            _ => Err(wrong("is no name of a class")),
        };
        let names: Vec<String> = names.iter().map(name).collect::<Result<_, _>>()?;
        let granted = |class: &&Class| names.iter().any(|name| is_in(class, name));
        Ok(classes.iter().filter(granted).cloned().collect())
    }
}

/// Whether a class has this name, or is below the class of this name.
fn is_in(class: &Class, name: &str) -> bool {
    let rest = class.as_str().strip_prefix(name);
    !name.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
