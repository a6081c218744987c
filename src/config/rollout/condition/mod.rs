//! Conditions of an Argo analysis, such as `len(result) == 0 || result[0] >= 0.95`: which values
//! they hold for, and what they come to without a value.
//!
//! A result of Prometheus is a list with one number, an empty list, or a list with NaN.

mod evaluate;
mod parser;
#[cfg(test)]
mod tests;

use super::exact::{self, Exact};
use super::signal::End;
use super::tokens::tokens;
use evaluate::value;
use parser::Parser;

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    root: Expression,
}

/// The values for which a condition holds: one stretch between two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) lower: Option<End>,
    pub(super) upper: Option<End>,
}

/// What a query may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A number.
    Number(Exact),
    /// Not a number.
    NotANumber,
    /// No series at all.
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    Result,
    Element,
    Number(Exact),
    Truth(bool),
    Nil,
    Index(Box<Expression>, Exact),
    Call(String, Vec<Expression>),
    Not(Box<Expression>),
    Operation(&'static str, Box<Expression>, Box<Expression>),
}

/// A value while a condition is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Number(Exact),
    NotANumber,
    Truth(bool),
    Nil,
    /// The list that the query gave.
    List(Outcome),
}

impl Condition {
    /// Reads a condition; `Err` says what is not understood, as a clause: "it …".
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let tokens = tokens(text).ok_or("it has characters that no condition has")?;
        let mut parser = Parser::new(&tokens);
        let root = parser.either()?;
        match parser.is_at_the_end() {
            true => Ok(Self { root }),
            false => Err("it goes on where it should end".into()),
        }
    }

    /// Whether it holds for an outcome; `None` if it cannot be computed, which is an error of the
    /// measurement.
    pub(super) fn holds(&self, outcome: Outcome) -> Option<bool> {
        match value(&self.root, outcome, None)? {
            Value::Truth(truth) => Some(truth),
            _ => None,
        }
    }

    /// Whether it compares the list itself with a number, which Argo cannot.
    pub(super) fn compares_the_list(&self) -> bool {
        fn compared(expression: &Expression) -> bool {
            match expression {
                Expression::Operation(_, left, right) => {
                    let bare = |side: &Expression| *side == Expression::Result;
                    bare(left) || bare(right) || compared(left) || compared(right)
                }
                Expression::Not(inner) | Expression::Index(inner, _) => compared(inner),
                Expression::Call(name, arguments) => {
                    let converts = name == "isNaN" || name == "asFloat" || name == "asInt";
                    (converts && arguments.contains(&Expression::Result))
                        || arguments.iter().any(compared)
                }
                _ => false,
            }
        }
        compared(&self.root)
    }

    /// The numbers for which it holds. `Err` if they are not one stretch.
    pub(super) fn stretch(&self) -> Result<Stretch, String> {
        let mut edges = Vec::new();
        collect(&self.root, &mut edges);
        // Beyond any number that a person writes, where neighbours can no longer be computed.
        edges.retain(|edge| edge.numer().abs().max(*edge.denom()) < 10_i128.pow(18));
        edges.sort_unstable();
        edges.dedup();
        let pieces = pieces(&edges);
        let held: Vec<bool> = pieces
            .iter()
            .map(|piece| self.holds(Outcome::Number(piece.point)) == Some(true))
            .collect();
        let Some(first) = held.iter().position(|&one| one) else {
            return Err("it holds for no value".into());
        };
        let length = held[first..].iter().take_while(|&&one| one).count();
        let last = first + length - 1;
        if held[last + 1..].contains(&true) {
            return Err("it holds for two separate ranges of values".into());
        }
        Ok(Stretch {
            lower: pieces[first].lower,
            upper: pieces[last].upper,
        })
    }
}

/// A stretch of numbers between neighbouring edges, or an edge; `point` lies in it.
struct Piece {
    point: Exact,
    lower: Option<End>,
    upper: Option<End>,
}

/// All numbers in order: below the first edge, the edge, between it and the next, …
fn pieces(edges: &[Exact]) -> Vec<Piece> {
    let end = |value: Exact, inclusive| Some(End { value, inclusive });
    let one = exact::whole(1);
    let Some((&first, &last)) = edges.first().zip(edges.last()) else {
        return vec![Piece {
            point: exact::whole(0),
            lower: None,
            upper: None,
        }];
    };
    let mut pieces = vec![Piece {
        point: first - one,
        lower: None,
        upper: end(first, false),
    }];
    for (place, &edge) in edges.iter().enumerate() {
        pieces.push(Piece {
            point: edge,
            lower: end(edge, true),
            upper: end(edge, true),
        });
        if let Some(&next) = edges.get(place + 1) {
            pieces.push(Piece {
                point: (edge + next) / exact::whole(2),
                lower: end(edge, false),
                upper: end(next, false),
            });
        }
    }
    pieces.push(Piece {
        point: last + one,
        lower: end(last, false),
        upper: None,
    });
    pieces
}

/// Where comparisons in an expression change.
fn collect(expression: &Expression, edges: &mut Vec<Exact>) {
    match expression {
        Expression::Operation(operator, left, right) => {
            if let (true, Some((a, b)), Some((c, d))) =
                (is_comparison(operator), linear(left), linear(right))
                && let Some(edge) = exact::subtract(c, a)
                    .zip(exact::subtract(b, d))
                    .and_then(|(offset, slope)| exact::divide(offset, slope))
            {
                edges.push(edge);
            }
            collect(left, edges);
            collect(right, edges);
        }
        Expression::Not(inner) | Expression::Index(inner, _) => collect(inner, edges),
        Expression::Call(_, arguments) => {
            for argument in arguments {
                collect(argument, edges);
            }
        }
        _ => {}
    }
}

fn is_comparison(operator: &str) -> bool {
    matches!(operator, "<" | "<=" | ">" | ">=" | "==" | "!=")
}

/// An expression as offset + slope · result.
fn linear(expression: &Expression) -> Option<(Exact, Exact)> {
    let zero = exact::whole(0);
    match expression {
        Expression::Result | Expression::Element => Some((zero, exact::whole(1))),
        Expression::Index(inner, _) => linear(inner),
        Expression::Number(number) => Some((*number, zero)),
        Expression::Call(name, arguments) if matches!(name.as_str(), "asFloat" | "default") => {
            linear(arguments.first()?)
        }
        Expression::Operation(operator, left, right) => {
            let ((a, b), (c, d)) = (linear(left)?, linear(right)?);
            match *operator {
                "+" => Some((exact::add(a, c)?, exact::add(b, d)?)),
                "-" => Some((exact::subtract(a, c)?, exact::subtract(b, d)?)),
                "*" if d == zero => Some((exact::multiply(a, c)?, exact::multiply(b, c)?)),
                "*" if b == zero => Some((exact::multiply(a, c)?, exact::multiply(a, d)?)),
                "/" if d == zero => Some((exact::divide(a, c)?, exact::divide(b, c)?)),
                _ => None,
            }
        }
        _ => None,
    }
}
