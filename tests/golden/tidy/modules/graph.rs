//! Which module uses which, and the cycles among them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What the crate root is called in a report.
pub(super) const ROOT: &str = "the crate root";

/// Top-level modules with their uses of each other.
#[derive(Default)]
pub(super) struct Graph {
    edges: Vec<Edge>,
}

struct Edge {
    from: String,
    to: String,
    /// The module that holds it, from the crate root down.
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

    /// Leaves out what stands in these modules and below them.
    pub(super) fn forget(&mut self, modules: &BTreeSet<Vec<String>>) {
        self.edges.retain(|edge| !modules.iter().any(|module| edge.module.starts_with(module)));
    }

    /// The shortest cycle through each module that is in one.
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

/// The shortest way from a module back to itself.
fn shortest<'a>(
    next: &BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>,
    start: &'a str,
) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut reached = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        for to in next.get(last).into_iter().flat_map(BTreeMap::keys) {
            if *to == start {
                return Some(way);
            }
            if reached.insert(*to) {
                ways.push_back([&way[..], &[*to]].concat());
            }
        }
    }
    None
}
