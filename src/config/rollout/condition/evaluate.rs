//! What an expression comes to for a result.

use super::{Expression, Outcome, Value, is_comparison};
use crate::config::rollout::exact;

/// The value of an expression; `None` if it cannot be computed. `element` is what `#` stands for.
pub(super) fn value(
    expression: &Expression,
    outcome: Outcome,
    element: Option<Value>,
) -> Option<Value> {
    match expression {
        Expression::Result => Some(Value::List(outcome)),
        Expression::Element => element,
        Expression::Number(number) => Some(Value::Number(*number)),
        Expression::Truth(truth) => Some(Value::Truth(*truth)),
        Expression::Nil => Some(Value::Nil),
        Expression::Index(inner, index) => match value(inner, outcome, element)? {
            Value::List(list) if *index == exact::whole(0) => single(list),
            _ => None,
        },
        Expression::Not(inner) => match value(inner, outcome, element)? {
            Value::Truth(truth) => Some(Value::Truth(!truth)),
            _ => None,
        },
        Expression::Call(name, arguments) => call(name, arguments, outcome, element),
        Expression::Operation(operator, left, right) => {
            let left = value(left, outcome, element)?;
            match (*operator, left) {
                ("&&", Value::Truth(false)) => return Some(Value::Truth(false)),
                ("||", Value::Truth(true)) => return Some(Value::Truth(true)),
                ("??", left) if left != Value::Nil => return Some(left),
                _ => {}
            }
            operation(operator, left, value(right, outcome, element)?)
        }
    }
}

/// The only element of a list.
pub(super) fn single(list: Outcome) -> Option<Value> {
    match list {
        Outcome::Number(number) => Some(Value::Number(number)),
        Outcome::NotANumber => Some(Value::NotANumber),
        Outcome::Empty => None,
    }
}

pub(super) fn call(
    name: &str,
    arguments: &[Expression],
    outcome: Outcome,
    element: Option<Value>,
) -> Option<Value> {
    let first = value(arguments.first()?, outcome, element)?;
    // A list stands for its element where a number is wanted; the caller warns of it.
    let number = match first {
        Value::List(list) => single(list),
        other => Some(other),
    };
    match name {
        "len" => match first {
            Value::List(Outcome::Empty) => Some(Value::Number(exact::whole(0))),
            Value::List(_) => Some(Value::Number(exact::whole(1))),
            _ => None,
        },
        "isNaN" => Some(Value::Truth(number? == Value::NotANumber)),
        "isInf" => Some(Value::Truth(false)),
        "isNil" => Some(Value::Truth(first == Value::Nil)),
        "asFloat" => number,
        "asInt" => match number? {
            Value::Number(number) => Some(Value::Number(number.trunc())),
            other => Some(other),
        },
        "default" => match first {
            Value::Nil => value(arguments.get(1)?, outcome, element),
            _ => Some(first),
        },
        "all" | "any" | "none" => {
            let Value::List(list) = first else {
                return None;
            };
            let Some(one) = single(list) else {
                return Some(Value::Truth(name != "any"));
            };
            match value(arguments.get(1)?, outcome, Some(one))? {
                Value::Truth(truth) => Some(Value::Truth(truth == (name != "none"))),
                _ => None,
            }
        }
        _ => None,
    }
}

pub(super) fn operation(operator: &str, left: Value, right: Value) -> Option<Value> {
    if let (Value::Truth(left), Value::Truth(right)) = (left, right) {
        return match operator {
            "&&" => Some(Value::Truth(left && right)),
            "||" => Some(Value::Truth(left || right)),
            "==" => Some(Value::Truth(left == right)),
            "!=" => Some(Value::Truth(left != right)),
            _ => None,
        };
    }
    let number = |side: Value| match side {
        Value::Number(number) => Some(Some(number)),
        Value::NotANumber => Some(None),
        Value::List(Outcome::Number(number)) => Some(Some(number)),
        Value::List(Outcome::NotANumber) => Some(None),
        _ => None,
    };
    if matches!((left, right), (Value::Nil, _) | (_, Value::Nil)) {
        return match operator {
            "==" => Some(Value::Truth(left == right)),
            "!=" => Some(Value::Truth(left != right)),
            _ => None,
        };
    }
    let (left, right) = (number(left)?, number(right)?);
    let both = left.zip(right);
    if is_comparison(operator) {
        return Some(Value::Truth(match both {
            None => operator == "!=",
            Some((left, right)) => match operator {
                "<" => left < right,
                "<=" => left <= right,
                ">" => left > right,
                ">=" => left >= right,
                "==" => left == right,
                _ => left != right,
            },
        }));
    }
    let Some((left, right)) = both else {
        return Some(Value::NotANumber);
    };
    let result = match operator {
        "+" => exact::add(left, right),
        "-" => exact::subtract(left, right),
        "*" => exact::multiply(left, right),
        "/" => exact::divide(left, right),
        _ => None,
    };
    result.map(Value::Number)
}
