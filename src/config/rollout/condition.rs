//! Conditions of an Argo analysis, such as `len(result) == 0 || result[0] >= 0.95`: which values
//! they hold for, and what they come to without a value.
//!
//! A result of Prometheus is a list with one number, an empty list, or a list with NaN.

use super::exact::{self, Exact};
use super::signal::End;
use super::tokens::{Token, tokens};

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
        let mut parser = Parser {
            tokens: &tokens,
            at: 0,
            depth: 0,
        };
        let root = parser.either()?;
        match parser.at == tokens.len() {
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

/// The value of an expression; `None` if it cannot be computed. `element` is what `#` stands for.
fn value(expression: &Expression, outcome: Outcome, element: Option<Value>) -> Option<Value> {
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
fn single(list: Outcome) -> Option<Value> {
    match list {
        Outcome::Number(number) => Some(Value::Number(number)),
        Outcome::NotANumber => Some(Value::NotANumber),
        Outcome::Empty => None,
    }
}

fn call(
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

fn operation(operator: &str, left: Value, right: Value) -> Option<Value> {
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

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: u32,
}

/// The functions that Argo adds, and those of its expression language that conditions use.
const FUNCTIONS: [&str; 10] = [
    "len", "isNaN", "isInf", "isNil", "asFloat", "asInt", "default", "all", "any", "none",
];

impl Parser<'_> {
    fn operator(&mut self, known: &[&'static str]) -> Option<&'static str> {
        let found = match self.tokens.get(self.at)? {
            Token::Sign(sign) => known.iter().find(|one| *one == sign).copied(),
            Token::Word(word) if word == "and" => known.iter().find(|one| **one == "&&").copied(),
            Token::Word(word) if word == "or" => known.iter().find(|one| **one == "||").copied(),
            _ => None,
        };
        self.at += usize::from(found.is_some());
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), String> {
        self.operator(&[sign])
            .map(|_| ())
            .ok_or(format!("it lacks a `{sign}`"))
    }

    fn either(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("it is nested too deep".into());
        }
        let found = self.chain(&["||", "??"], |parser| {
            parser.chain(&["&&"], |parser| {
                parser.chain(&["<=", ">=", "==", "!=", "<", ">"], |parser| {
                    parser.chain(&["+", "-"], |parser| {
                        parser.chain(&["*", "/"], Self::single)
                    })
                })
            })
        });
        self.depth -= 1;
        found
    }

    fn chain(
        &mut self,
        operators: &[&'static str],
        next: impl Fn(&mut Self) -> Result<Expression, String>,
    ) -> Result<Expression, String> {
        let mut left = next(self)?;
        while let Some(operator) = self.operator(operators) {
            let right = next(self)?;
            left = Expression::Operation(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Expression, String> {
        let mut negated = false;
        while self.operator(&["!"]).is_some() || self.word("not") {
            negated = !negated;
        }
        let mut negative = false;
        while self.operator(&["-"]).is_some() {
            negative = !negative;
        }
        let mut found = self.primary()?;
        while self.operator(&["["]).is_some() {
            let Some(Token::Number(index)) = self.tokens.get(self.at) else {
                return Err("it looks into the result by a name".into());
            };
            let index = exact::parse(index).ok_or("its index is not a number")?;
            self.at += 1;
            self.expect("]")?;
            found = Expression::Index(Box::new(found), index);
        }
        if self.operator(&["."]).is_some() {
            return Err("it looks into the result by a name".into());
        }
        if negative {
            let zero = Box::new(Expression::Number(exact::whole(0)));
            found = Expression::Operation("-", zero, Box::new(found));
        }
        Ok(match negated {
            true => Expression::Not(Box::new(found)),
            false => found,
        })
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(one)) if one == word);
        self.at += usize::from(found);
        found
    }

    fn primary(&mut self) -> Result<Expression, String> {
        for (open, close) in [("(", ")"), ("{", "}")] {
            if self.operator(&[open]).is_some() {
                let inner = self.either()?;
                self.expect(close)?;
                return Ok(inner);
            }
        }
        if self.operator(&["#"]).is_some() {
            return Ok(Expression::Element);
        }
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Number(text)) => exact::parse(&text)
                .map(Expression::Number)
                .ok_or_else(|| format!("`{text}` is not a number")),
            Some(Token::Word(word)) => match word.as_str() {
                "result" => Ok(Expression::Result),
                "true" => Ok(Expression::Truth(true)),
                "false" => Ok(Expression::Truth(false)),
                "nil" => Ok(Expression::Nil),
                name if FUNCTIONS.contains(&name) => self.arguments(name),
                name => Err(format!("it uses `{name}`")),
            },
            Some(Token::Text(_)) => Err("it compares text".into()),
            _ => Err("it ends where a value should follow".into()),
        }
    }

    fn arguments(&mut self, name: &str) -> Result<Expression, String> {
        self.expect("(")?;
        let mut arguments = vec![self.either()?];
        while self.operator(&[","]).is_some() {
            arguments.push(self.either()?);
        }
        self.expect(")")?;
        Ok(Expression::Call(name.to_owned(), arguments))
    }
}

#[cfg(test)]
mod tests {
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
}
