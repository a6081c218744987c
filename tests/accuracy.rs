//! The precision that `stats` promises, against values computed at 60 digits by
//! `tests/reference/binomial.py`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::path::Path;

use shiftsim::stats::binomial::Binomial;
use shiftsim::stats::{Rational, special};

fn rows(name: &str) -> Vec<csv::StringRecord> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name);
    csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(Result::unwrap)
        .collect()
}

fn relative_error(value: f64, expected: f64) -> f64 {
    if expected == 0.0 {
        value.abs()
    } else {
        (value / expected - 1.0).abs()
    }
}

fn share(text: &str) -> Rational {
    let (numerator, denominator) = text.split_once('/').unwrap();
    Rational::new(numerator.parse().unwrap(), denominator.parse().unwrap())
}

#[test]
fn binomial_mass_and_both_tails() {
    let mut worst = [0.0f64; 3];
    for row in rows("binomial.csv") {
        let law = Binomial::with_share(row[0].parse().unwrap(), share(&row[1])).unwrap();
        let k = row[2].parse().unwrap();
        let values = [law.pmf(k), law.cdf(k), law.sf(k)];
        for (index, value) in values.into_iter().enumerate() {
            let error = relative_error(value, row[index + 3].parse().unwrap());
            worst[index] = worst[index].max(error);
            assert!(
                error < 1e-12,
                "column {} of {row:?}: {value}, off by {error:e}",
                index + 3
            );
        }
    }
    println!(
        "largest relative errors: pmf {:e}, cdf {:e}, sf {:e}",
        worst[0], worst[1], worst[2]
    );
}

#[test]
fn special_functions() {
    let mut worst = 0.0f64;
    for row in rows("special.csv") {
        let x: Vec<f64> = row[1]
            .split(';')
            .map(|text| text.parse().unwrap())
            .collect();
        let value = match &row[0] {
            "regularised_beta" => special::regularised_beta(x[0], x[1], x[2]).unwrap(),
            "regularised_beta_upper" => special::regularised_beta_upper(x[0], x[1], x[2]).unwrap(),
            "inverse_regularised_beta" => {
                special::inverse_regularised_beta(x[0], x[1], x[2]).unwrap()
            }
            "ln_beta" => special::ln_beta(x[0], x[1]),
            "ln_gamma" => special::ln_gamma(x[0]),
            "ln_binomial_coefficient" => special::ln_binomial_coefficient(x[0] as u64, x[1] as u64),
            "normal_cdf" => special::normal_cdf(x[0]),
            "normal_sf" => special::normal_sf(x[0]),
            "normal_upper_quantile" => special::normal_upper_quantile(x[0]).unwrap(),
            "chi_square_sf" => special::chi_square_sf(x[0], x[1]).unwrap(),
            "chi_square_upper_quantile" => special::chi_square_upper_quantile(x[0], x[1]).unwrap(),
            other => panic!("no function {other}"),
        };
        let error = relative_error(value, row[2].parse().unwrap());
        worst = worst.max(error);
        assert!(error < 1e-12, "{row:?}: {value}, off by {error:e}");
    }
    println!("largest relative error: {worst:e}");
}
