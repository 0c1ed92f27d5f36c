//! Which items of two lists belong together, when order means nothing and one may fit several.

/// Pairs as many of `ones` with as many of `others` as fit: for each of the first its partner among the second.
///
/// A declared item fits every live one that says at least as much, so the first that fits may be another's only
/// one: then it moves on to the next (augmenting paths).
pub(super) fn pair(ones: usize, others: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    if ones.saturating_mul(others) > MOST_PAIRS {
        return (0..ones).map(|one| (one < others && fits(one, one)).then_some(one)).collect();
    }
    let mut known: Vec<Option<bool>> = vec![None; ones.saturating_mul(others)];
    let mut ask =
        |one: usize, other: usize| *known[one * others + other].get_or_insert_with(|| fits(one, other));
    let mut partner: Vec<Option<usize>> = vec![None; others];
    for one in 0..ones {
        let mut seen = vec![false; others];
        place(one, others, &mut ask, &mut partner, &mut seen, 0);
    }
    let mut out = vec![None; ones];
    for (other, one) in partner.into_iter().enumerate() {
        if let Some(place) = one.and_then(|one| out.get_mut(one)) {
            *place = Some(other);
        }
    }
    out
}

/// Lists beyond this are compared item by item in their order: no resource of AWS has so many.
const MOST_PAIRS: usize = 1 << 20;

/// How many items may move on for one: more would be deeper than the stack is sure to bear.
const MOST_MOVES: usize = 64;

fn place(
    one: usize,
    others: usize,
    ask: &mut impl FnMut(usize, usize) -> bool,
    partner: &mut [Option<usize>],
    seen: &mut [bool],
    moves: usize,
) -> bool {
    for other in 0..others {
        if seen[other] || !ask(one, other) {
            continue;
        }
        seen[other] = true;
        let free = match partner[other] {
            None => true,
            Some(rival) => moves < MOST_MOVES && place(rival, others, ask, partner, seen, moves + 1),
        };
        if free {
            partner[other] = Some(one);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_moves_on_for_one_that_fits_nothing_else() {
        // The first fits both, the second only the first.
        let pairs = pair(2, 2, |one, other| one == 0 || other == 0);
        assert_eq!(pairs, [Some(1), Some(0)]);
        assert_eq!(pair(2, 1, |_, _| true), [Some(0), None]);
        assert_eq!(pair(0, 3, |_, _| true), []);
        assert_eq!(pair(1, 1, |_, _| false), [None]);
    }
}
