//! Finds the paths in a source file that refer to other modules of its crate.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::graph::ROOT;

/// The declarations in the root of a crate.
#[derive(Default)]
pub(super) struct Root {
    modules: BTreeSet<String>,
    /// The names that it imports or re-exports, with the module that defines each.
    names: BTreeMap<String, String>,
}

/// A use of one top-level module by another.
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) line: usize,
}

/// The uses in one file.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) edges: Vec<Edge>,
    /// The modules that it declares for tests only.
    pub(super) test_modules: Vec<Vec<String>>,
}

/// A path as written, and the name it is imported as: empty for a glob.
struct Written {
    segments: Vec<String>,
    name: String,
    line: usize,
}

impl Root {
    pub(super) fn read(text: &str) -> Root {
        let tokens = tokens(text);
        let mut root = Root::default();
        for pair in tokens.windows(2) {
            if let [TokenTree::Ident(word), TokenTree::Ident(name)] = pair
                && word == "mod"
            {
                root.modules.insert(name.to_string());
            }
        }
        for at in (0..tokens.len()).filter(|at| is_ident(&tokens[*at], "use")) {
            for written in tree(&tokens[at + 1..]) {
                let inside = match written.segments.split_first() {
                    Some((first, rest)) if matches!(first.as_str(), "crate" | "self") => rest,
                    _ => &written.segments[..],
                };
                let Some(module) = inside.first().filter(|name| root.modules.contains(*name))
                else {
                    continue;
                };
                assert!(
                    !written.name.is_empty(),
                    "list the names that the crate root imports from `{module}`"
                );
                root.names.insert(written.name.clone(), module.clone());
            }
        }
        root
    }

    /// The top-level modules that a path from the crate root refers to.
    fn targets(&self, path: &[String]) -> Vec<String> {
        match path.first() {
            Some(first) if self.modules.contains(first) => vec![first.clone()],
            Some(first) => vec![self.names.get(first).cloned().unwrap_or_else(|| ROOT.to_owned())],
            // A glob import of the root: everything in it.
            None => self.names.values().cloned().chain([ROOT.to_owned()]).collect(),
        }
    }
}

/// Every path of a file that refers to another top-level module.
pub(super) fn uses(text: &str, module: &[String], root: &Root) -> Uses {
    let mut found = Uses::default();
    read(&tokens(text), module, root, &mut found);
    found
}

fn read(tokens: &[TokenTree], module: &[String], root: &Root, found: &mut Uses) {
    let mut at = 0;
    let mut for_tests = false;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) if at > 0 && is_punct(tokens.get(at - 1), '#') => {
                for_tests |= group.stream().to_string().replace(' ', "") == "cfg(test)";
            }
            TokenTree::Group(group) => {
                if !for_tests {
                    read(&flat(group.stream()), module, root, found);
                }
                for_tests &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Punct(mark) => for_tests &= !matches!(mark.as_char(), ';' | ','),
            TokenTree::Ident(word) if word == "mod" => {
                if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                    let inner = [module, &[name.to_string()]].concat();
                    match tokens.get(at + 2) {
                        _ if for_tests => found.test_modules.push(inner),
                        Some(TokenTree::Group(body)) => {
                            read(&flat(body.stream()), &inner, root, found);
                            at += 2;
                        }
                        _ => {}
                    }
                }
            }
            // A re-export of the root counts where it is used.
            TokenTree::Ident(word)
                if word == "use" && module.is_empty() && is_public(tokens, at) =>
            {
                while !is_punct(tokens.get(at), ';') {
                    at += 1;
                }
            }
            TokenTree::Ident(word) if !for_tests && begins_path(tokens, at, word, module, root) => {
                for written in tree(&tokens[at..]) {
                    add_edges(&written, module, root, found);
                }
                // `tree` has read all segments, including a group at the end.
                while starts_path(tokens, at + 1) {
                    at += 3;
                }
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
        at += 1;
    }
}

/// Whether a path to a module of this crate starts here.
fn begins_path(
    tokens: &[TokenTree],
    at: usize,
    word: &Ident,
    module: &[String],
    root: &Root,
) -> bool {
    let word = word.to_string();
    let inside = matches!(word.as_str(), "crate" | "super" | "self");
    let follows = at >= 2 && starts_path(tokens, at - 2);
    let renamed = inside && tokens.get(at + 1).is_some_and(|next| is_ident(next, "as"));
    !follows
        && (renamed || starts_path(tokens, at + 1))
        && (inside || module.is_empty() && root.modules.contains(&word))
}

fn add_edges(written: &Written, module: &[String], root: &Root, found: &mut Uses) {
    let mut path = module.to_vec();
    for segment in &written.segments {
        match segment.as_str() {
            "crate" => path.clear(),
            "super" => drop(path.pop()),
            "self" => {}
            name => path.push(name.to_owned()),
        }
    }
    let from = module.first().map_or(ROOT, String::as_str);
    for to in root.targets(&path) {
        found.edges.push(Edge { from: from.to_owned(), to, line: written.line });
    }
}

/// The paths of a use tree, or the one path at the start of these tokens.
fn tree(tokens: &[TokenTree]) -> Vec<Written> {
    let Some(TokenTree::Ident(first)) = tokens.first() else { return Vec::new() };
    let mut segments = vec![first.to_string()];
    let line = first.span().start().line;
    let mut at = 1;
    while starts_path(tokens, at) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(segment)) => segments.push(segment.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner = flat(group.stream());
                let parts = inner.split(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ','));
                return parts
                    .flat_map(tree)
                    .map(|part| {
                        let own = part.segments.iter().filter(|s| *s != "self").cloned();
                        let all: Vec<String> = segments.iter().cloned().chain(own).collect();
                        let name = if part.name == "self" {
                            all[all.len() - 1].clone()
                        } else {
                            part.name
                        };
                        Written { segments: all, name, line: part.line }
                    })
                    .collect();
            }
            Some(TokenTree::Punct(glob)) if glob.as_char() == '*' => {
                return vec![Written { segments, name: String::new(), line }];
            }
            _ => break,
        }
        at += 3;
    }
    let name = match (tokens.get(at), tokens.get(at + 1)) {
        (Some(word), Some(TokenTree::Ident(name))) if is_ident(word, "as") => name.to_string(),
        _ => segments[segments.len() - 1].clone(),
    };
    vec![Written { segments, name, line }]
}

fn tokens(text: &str) -> Vec<TokenTree> {
    flat(text.parse().unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn flat(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

/// Whether `::` is next.
fn starts_path(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// Whether `pub` or `pub(…)` comes before.
fn is_public(tokens: &[TokenTree], at: usize) -> bool {
    let before = |steps: usize| at.checked_sub(steps).and_then(|at| tokens.get(at));
    before(1).is_some_and(|token| is_ident(token, "pub"))
        || matches!(before(1), Some(TokenTree::Group(_)))
            && before(2).is_some_and(|token| is_ident(token, "pub"))
}
