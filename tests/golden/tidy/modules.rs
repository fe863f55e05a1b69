//! No crate has a cycle of top-level modules, so each module can be read, moved and tested without
//! those above it.
//!
//! Parents and children may use each other: only the top-level module of a path counts. Code in the
//! crate root counts as a module of its own. A name that the root re-exports counts as the module
//! that defines it.

mod graph;
mod paths;

use std::collections::BTreeSet;

use crate::tidy::manifests::members;
use crate::tidy::{TextFile, assert_none, files};
use graph::Graph;
use paths::{Root, uses};

#[test]
fn no_crate_has_a_cycle_of_top_level_modules() {
    let mut wrong = Vec::new();
    for (path, manifest) in members() {
        let name = manifest["package"]["name"].as_str().expect("a package has a name");
        let source = path.replace("Cargo.toml", "src");
        let cycles = cycles(&files(&[&source], ".rs"), &source);
        wrong.extend(cycles.iter().map(|cycle| format!("{name}: {cycle}")));
    }
    assert_none(wrong, "break the cycle: move what both modules need into a module below them");
}

/// The cycles in a crate whose files are below `source`, each with one place per edge.
fn cycles(files: &[TextFile], source: &str) -> Vec<String> {
    let module = |file: &TextFile| -> Vec<String> {
        let path = file.path.strip_prefix(source).and_then(|path| path.strip_suffix(".rs"));
        let parts =
            path.expect("the path is a source file").split('/').filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        if matches!(parts[..], [ref root] if root == "lib" || root == "main") {
            vec![]
        } else {
            parts
        }
    };
    let root = files.iter().find(|file| module(file).is_empty()).expect("a crate has a root");
    let root = Root::read(&root.text);
    let mut tests = BTreeSet::new();
    let mut graph = Graph::default();
    for file in files {
        let here = module(file);
        let found = uses(&file.text, &here, &root);
        tests.extend(found.test_modules);
        for edge in found.edges {
            graph.add(&edge.from, &edge.to, &here, format!("{}:{}", file.path, edge.line));
        }
    }
    graph.remove_modules(&tests);
    graph.cycles()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: format!("c/src/{path}"),
            text: (*text).to_owned(),
        };
        cycles(&files.iter().map(file).collect::<Vec<_>>(), "c/src")
    }

    #[test]
    fn a_cycle_is_reported_with_a_place_for_each_edge() {
        let cycles = found(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;"),
            ("a.rs", "\nuse crate::{c, b::{Thing, other}};"),
            ("b.rs", "mod inner;"),
            ("b/inner.rs", "fn f() {\n println!(\"{}\", super::super::c::g()) }"),
            ("c.rs", "fn g() -> crate::a::X {}"),
        ]);
        assert_eq!(
            cycles,
            [
                "a -> c -> a (c/src/a.rs:2, c/src/c.rs:1)",
                "a -> b -> c -> a (c/src/a.rs:2, c/src/b/inner.rs:2, c/src/c.rs:1)",
            ]
        );
    }

    #[test]
    fn a_re_export_at_the_root_counts_as_its_defining_module() {
        let cycles = found(&[
            ("lib.rs", "mod a;\nmod b;\npub use b::{Thing as Other, more};"),
            ("a.rs", "use crate::Other;"),
            ("b.rs", "use super::a;"),
        ]);
        assert_eq!(cycles, ["a -> b -> a (c/src/a.rs:1, c/src/b.rs:1)"]);
    }

    #[test]
    fn code_in_the_root_counts_and_declarations_do_not() {
        let declares = ("lib.rs", "mod a;\npub use a::Thing;");
        assert_eq!(found(&[declares, ("a.rs", "")]), [""; 0]);
        let cycles = found(&[
            ("lib.rs", "mod a;\npub struct Item(a::Thing);"),
            ("a.rs", "pub struct Thing; fn f(_: crate::Item) {}"),
        ]);
        assert_eq!(cycles, ["a -> the crate root -> a (c/src/a.rs:1, c/src/lib.rs:2)"]);
    }

    #[test]
    fn parents_and_children_and_tests_may_use_each_other() {
        let cycles = found(&[
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "mod c; #[cfg(test)] mod tests; use c::X; use crate::b; struct Y;"),
            ("a/c.rs", "use super::Y; use crate::a::Y as Z; pub struct X;"),
            ("a/tests.rs", "use crate::b;"),
            ("b.rs", "// crate::a\n#[cfg(test)]\nmod tests { use crate::a; }"),
        ]);
        assert_eq!(cycles, [""; 0]);
    }
}
