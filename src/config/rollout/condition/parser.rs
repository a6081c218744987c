//! Reads a condition from left to right.

use super::Expression;
use crate::config::rollout::exact;
use crate::config::rollout::tokens::Token;

/// A reader, and where it is.
pub(super) struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: u32,
}

/// The functions that Argo adds, and those of its expression language that conditions use.
const FUNCTIONS: [&str; 10] = [
    "len", "isNaN", "isInf", "isNil", "asFloat", "asInt", "default", "all", "any", "none",
];

impl<'a> Parser<'a> {
    pub(super) fn new(tokens: &'a [Token]) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
        }
    }

    pub(super) fn is_at_the_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

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

    pub(super) fn either(&mut self) -> Result<Expression, String> {
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
