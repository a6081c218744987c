//! Conditions as they are written.

use super::*;

/// An end's value, and whether it belongs to the stretch.
type Shown = Option<(Exact, bool)>;

fn stretch(text: &str) -> (Shown, Shown) {
    let found = Condition::read(text).unwrap().stretch().unwrap();
    let end = |end: Option<End>| end.map(|end| (end.value, end.inclusive));
    (end(found.lower), end(found.upper))
}

#[test]
fn conditions_become_stretches_of_values() {
    let share = |a, b| Exact::new(a, b);
    assert_eq!(
        stretch("result[0] >= 0.95"),
        (Some((share(19, 20), true)), None)
    );
    assert_eq!(
        stretch("asFloat(result[0]) * 100 < 5"),
        (None, Some((share(1, 20), false)))
    );
    assert_eq!(
        stretch("result[0] > 0.9 && !(result[0] > 1)"),
        (Some((share(9, 10), false)), Some((share(1, 1), true)))
    );
    assert_eq!(
        stretch("len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95"),
        (Some((share(19, 20), true)), None)
    );
    assert_eq!(
        stretch("all(result, # <= 0.05)"),
        (None, Some((share(1, 20), true)))
    );
    assert_eq!(stretch("true"), (None, None));
    let two = Condition::read("result[0] < 1 || result[0] > 2").unwrap();
    assert!(two.stretch().unwrap_err().contains("two separate"));
    let never = Condition::read("result[0] < 1 and result[0] > 2").unwrap();
    assert!(never.stretch().unwrap_err().contains("no value"));
}

#[test]
fn missing_values_are_what_argo_makes_of_them() {
    let holds = |text: &str, outcome| Condition::read(text).unwrap().holds(outcome);
    let plain = "result[0] >= 0.95";
    assert_eq!(holds(plain, Outcome::Empty), None);
    assert_eq!(holds(plain, Outcome::NotANumber), Some(false));
    let guarded = "len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95";
    assert_eq!(holds(guarded, Outcome::Empty), Some(true));
    assert_eq!(holds(guarded, Outcome::NotANumber), Some(true));
    assert_eq!(holds("all(result, # < 1)", Outcome::Empty), Some(true));
    assert_eq!(holds("any(result, # < 1)", Outcome::Empty), Some(false));
    assert_eq!(
        holds("result[1] < 1", Outcome::Number(exact::whole(0))),
        None
    );
    assert_eq!(holds("len(result)", Outcome::Empty), None);
}

#[test]
fn a_list_that_is_compared_with_a_number_is_seen() {
    let compares = |text: &str| Condition::read(text).unwrap().compares_the_list();
    assert!(compares("result >= 0.95"));
    assert!(compares("isNaN(result) || result[0] > 1"));
    assert!(!compares("len(result) == 0 || result[0] >= 0.95"));
    assert!(!compares("all(result, # > 1)"));
}

#[test]
fn what_is_not_understood_says_why() {
    let reason = |text: &str| Condition::read(text).unwrap_err();
    assert!(reason("result == 'true'").contains("text"));
    assert!(reason("result.ok").contains("by a name"));
    assert!(reason("count(result) > 1").contains("count"));
    assert!(reason("result[0] >").contains("ends"));
    assert!(reason("result[0] > 1 result").contains("goes on"));
    assert!(reason(&"(".repeat(10_000)).contains("deep"));
}
