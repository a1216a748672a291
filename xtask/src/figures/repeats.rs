//! Lines that stand at two places.

use std::collections::BTreeMap;

/// So many lines in a row that are the same are a repeat.
const WINDOW: usize = 6;

/// How many lines belong to a run of six or more that is elsewhere too, word by word. Blank lines,
/// comments, imports and lone brackets do not count.
pub(super) fn lines_in_repeats(sources: &[String]) -> usize {
    let files: Vec<Vec<&str>> = sources.iter().map(|source| telling_lines(source)).collect();
    let mut places: BTreeMap<&[&str], Vec<(usize, usize)>> = BTreeMap::new();
    for (file, lines) in files.iter().enumerate() {
        for (at, window) in lines.windows(WINDOW).enumerate() {
            places.entry(window).or_default().push((file, at));
        }
    }
    let mut repeated: Vec<(usize, usize)> = places
        .values()
        .filter(|found| found.len() > 1)
        .flatten()
        .flat_map(|(file, at)| (*at..at + WINDOW).map(move |line| (*file, line)))
        .collect();
    repeated.sort_unstable();
    repeated.dedup();
    repeated.len()
}

fn telling_lines(source: &str) -> Vec<&str> {
    let lines = source.lines().map(str::trim);
    lines
        .filter(|line| line.len() > 2 && !line.starts_with("//") && !line.starts_with("use "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_lines_at_two_places_are_a_repeat_and_five_are_not() {
        let run = |from: u32, to: u32| {
            (from..to)
                .map(|n| format!("line {n}\n"))
                .collect::<String>()
        };
        assert_eq!(lines_in_repeats(&[run(0, 6), run(0, 6)]), 12);
        assert_eq!(lines_in_repeats(&[run(0, 5), run(0, 5)]), 0);
        assert_eq!(lines_in_repeats(&[run(0, 9)]), 0);
    }
}
