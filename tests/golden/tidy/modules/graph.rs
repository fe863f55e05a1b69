//! The dependency graph of modules, and its cycles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The name of the crate root in reports.
pub(super) const ROOT: &str = "the crate root";

/// The uses between top-level modules.
#[derive(Default)]
pub(super) struct Graph {
    edges: Vec<Edge>,
}

struct Edge {
    from: String,
    to: String,
    /// The path of the module that contains the use.
    module: Vec<String>,
    place: String,
}

impl Graph {
    pub(super) fn add(&mut self, from: &str, to: &str, module: &[String], place: String) {
        if from != to {
            let (from, to) = (from.to_owned(), to.to_owned());
            self.edges.push(Edge { from, to, module: module.to_vec(), place });
        }
    }

    /// Removes the edges in these modules and their submodules.
    pub(super) fn remove_modules(&mut self, modules: &BTreeSet<Vec<String>>) {
        self.edges.retain(|edge| !modules.iter().any(|module| edge.module.starts_with(module)));
    }

    /// The shortest cycle through each module that is part of one.
    pub(super) fn cycles(&self) -> Vec<String> {
        let mut next: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for edge in &self.edges {
            next.entry(&edge.from).or_default().entry(&edge.to).or_insert(&edge.place);
        }
        let mut seen = BTreeSet::new();
        let mut cycles = Vec::new();
        for start in next.keys() {
            let Some(mut cycle) = shortest(&next, start) else { continue };
            let least = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or_default();
            cycle.rotate_left(least);
            if seen.insert(cycle.clone()) {
                let ends = cycle.iter().zip(cycle.iter().cycle().skip(1));
                let places: Vec<&str> = ends.map(|(from, to)| next[from][to]).collect();
                cycles.push(format!(
                    "{} -> {} ({})",
                    cycle.join(" -> "),
                    cycle[0],
                    places.join(", ")
                ));
            }
        }
        cycles
    }
}

/// The shortest path from a module back to itself.
fn shortest<'a>(
    next: &BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    start: &'a str,
) -> Option<Vec<&'a str>> {
    let mut paths = VecDeque::from([vec![start]]);
    let mut reached = BTreeSet::new();
    while let Some(path) = paths.pop_front() {
        let last = path.last()?;
        for to in next.get(last).into_iter().flat_map(BTreeMap::keys) {
            if *to == start {
                return Some(path);
            }
            if reached.insert(*to) {
                paths.push_back([&path[..], &[*to]].concat());
            }
        }
    }
    None
}
