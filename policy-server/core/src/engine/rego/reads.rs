//! Which members of a message's arguments modules read.
//!
//! Only a plain path below `input.arguments` names a member. Whatever else is done with the arguments, or
//! with the input, reads all of them. Deliberately absent: which rule reads what; rules of one set are
//! evaluated together, those in shadow too.

use std::collections::BTreeSet;

use super::module::Module;
use super::rules::OURS;
use crate::schema::Reads;

/// What authors' modules read of arguments.
pub(super) fn of(modules: &[Module<'_>], rules: &BTreeSet<Vec<String>>) -> Reads {
    let mut reads = Reads::default();
    let authors = modules.iter().filter(|module| {
        let package = module.package.first();
        package.is_none_or(|root| root != OURS)
    });
    for module in authors {
        let said = module.rules.iter().flat_map(|rule| &rule.references);
        for reference in said.chain(module.aliases.values()) {
            take(&module.resolve(reference, rules).path, &mut reads);
        }
    }
    reads
}

fn take(path: &[String], reads: &mut Reads) {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["input"] => reads.add([]),
        // What is written with an escape may be any name.
        ["input", "arguments", members @ ..] => {
            let plain = members.iter().copied();
            reads.add(plain.take_while(|name| !name.contains('\\')));
        }
        _ => {}
    }
}
