//! Weights on the command line: `v1=80,v2=20`.

/// Why a list of weights cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsListError {
    /// A part that is not `NAME=WEIGHT`.
    #[error("`{0}` is not NAME=WEIGHT")]
    NotAPair(String),
    /// A weight that is not a whole number in range.
    #[error("the weight `{1}` of `{0}` is not a whole number from 0 to 4294967295")]
    NotAWeight(String, String),
    /// A name that stands twice.
    #[error("`{0}` stands twice")]
    Twice(String),
}

/// Reads `v1=80,v2=20` into names and weights, in order.
///
/// # Errors
/// [`WeightsListError`], naming the part that is wrong.
pub fn parse_weights_list(text: &str) -> Result<Vec<(String, u32)>, WeightsListError> {
    let mut weights: Vec<(String, u32)> = Vec::new();
    for part in text.split(',') {
        let pair = part
            .split_once('=')
            .map(|(name, weight)| (name.trim(), weight.trim()));
        let Some((name, weight)) = pair.filter(|(name, _)| !name.is_empty()) else {
            return Err(WeightsListError::NotAPair(part.to_owned()));
        };
        let digits = !weight.is_empty() && weight.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| weight.parse().ok()).flatten();
        let Some(number) = number else {
            return Err(WeightsListError::NotAWeight(
                name.to_owned(),
                weight.to_owned(),
            ));
        };
        if weights.iter().any(|(known, _)| known == name) {
            return Err(WeightsListError::Twice(name.to_owned()));
        }
        weights.push((name.to_owned(), number));
    }
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_their_order() {
        let weights = parse_weights_list("v2=20, v1=80").unwrap();
        assert_eq!(weights, [("v2".to_owned(), 20), ("v1".to_owned(), 80)]);
    }

    #[test]
    fn each_mistake_names_its_part() {
        let message = |text| parse_weights_list(text).unwrap_err().to_string();
        assert_eq!(message(""), "`` is not NAME=WEIGHT");
        assert_eq!(message("v1=80,"), "`` is not NAME=WEIGHT");
        assert_eq!(message("v1"), "`v1` is not NAME=WEIGHT");
        assert!(message("v1=-1").contains("`-1`"));
        assert!(message("v1=4294967296").contains("4294967296"));
        assert_eq!(message("v1=1,v1=2"), "`v1` stands twice");
    }
}
