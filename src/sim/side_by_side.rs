//! Independent pieces of work on all cores, in their order.

use rayon::prelude::*;

/// What `work` makes of each item, in the order of the items; the first error, if there is one.
/// Results do not depend on the number of threads if `work` is a pure function.
///
/// # Errors
/// What `work` returns.
pub fn side_by_side<Item: Sync, Made: Send, Error: Send>(
    items: &[Item],
    work: impl Fn(&Item) -> Result<Made, Error> + Sync,
) -> Result<Vec<Made>, Error> {
    let all: Vec<Result<Made, Error>> = items.par_iter().map(&work).collect();
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_kept_and_the_first_error_wins() {
        let numbers: Vec<u32> = (0..1000).collect();
        let doubled = side_by_side(&numbers, |number| Ok::<u32, u32>(2 * number));
        assert!(doubled.unwrap().into_iter().eq((0..1000).map(|n| 2 * n)));
        let failed = side_by_side(&numbers, |&number| match number {
            300.. => Err(number),
            fine => Ok(fine),
        });
        assert_eq!(failed, Err(300));
    }
}
